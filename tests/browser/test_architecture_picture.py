"""README's picture of the architecture draws as it is meant to."""

from __future__ import annotations

from pathlib import Path

import pytest

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "architecture.svg"

# Boxes in the picture's own units, and what stands on what.
MEASURE = """() => {
    const box = e => { const b = e.getBBox(); return [b.x, b.y, b.x + b.width, b.y + b.height]; };
    const svg = document.documentElement;
    return {
        view: [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height],
        texts: [...svg.querySelectorAll('text')].map(e => ({
            words: e.textContent, box: box(e), colour: getComputedStyle(e).fill})),
        rooms: [...svg.querySelectorAll('rect:not(.paper):not(.house)')].map(box),
        paper: getComputedStyle(svg.querySelector('.paper')).fill,
    };
}"""


def inside(inner: list[float], outer: list[float], margin: float = 0.0) -> bool:
    return (
        inner[0] >= outer[0] + margin
        and inner[1] >= outer[1] + margin
        and inner[2] <= outer[2] - margin
        and inner[3] <= outer[3] - margin
    )


def overlap(one: list[float], other: list[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def brightness(colour: str) -> float:
    red, green, blue = (int(part) for part in colour[4:-1].split(","))
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_label_is_readable_and_inside_its_room(watched, scheme):
    watched.page.emulate_media(color_scheme=scheme)
    watched.page.goto(PICTURE.as_uri())
    drawn = watched.page.evaluate(MEASURE)
    view = [0, 0, *drawn["view"]]
    assert len(drawn["texts"]) > 20
    for label in drawn["texts"]:
        box = label["box"]
        assert box[2] > box[0], label["words"]
        assert inside(box, view, margin=4), label["words"]
        touched = [room for room in drawn["rooms"] if overlap(box, room)]
        assert all(inside(box, room, margin=2) for room in touched), label["words"]
        assert abs(brightness(label["colour"]) - brightness(drawn["paper"])) > 0.4, label["words"]
    boxes = [label["box"] for label in drawn["texts"]]
    assert not [
        (one, other)
        for position, one in enumerate(boxes)
        for other in boxes[position + 1 :]
        if overlap(one, other)
    ]


def test_the_picture_is_dark_on_a_dark_page(watched):
    papers = []
    for scheme in ("light", "dark"):
        watched.page.emulate_media(color_scheme=scheme)
        watched.page.goto(PICTURE.as_uri())
        papers.append(brightness(watched.page.evaluate(MEASURE)["paper"]))
    assert papers[0] > 0.9
    assert papers[1] < 0.15


def test_drawing_the_picture_asks_nobody_for_anything(watched):
    watched.page.goto(PICTURE.as_uri())
    watched.page.wait_for_load_state("networkidle")
    assert watched.requests == [PICTURE.as_uri()]
    assert watched.requests_that_leave_the_machine() == []
    assert watched.errors == []


def test_the_picture_names_every_room_of_the_engine(watched):
    watched.page.goto(PICTURE.as_uri())
    words = {label["words"].split(":")[0] for label in watched.page.evaluate(MEASURE)["texts"]}
    engine = PICTURE.parents[1] / "aura_engine"
    rooms = {room.name for room in engine.iterdir() if any(room.glob("*.py"))} - {
        "i18n",
        "settings",
    }
    assert rooms <= words
