"""The sentence frames and their grammar."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from aura_engine.demo.texts import Kind, Tone
from aura_engine.demo.texts.dice import Dice
from aura_engine.demo.texts.frames import Frame, fill_slot, load_frames, load_slots
from aura_engine.demo.texts.frames import _variants as parse
from aura_engine.demo.texts.surface import load_habits, roughen


def _frame(source: str) -> Frame:
    kinds = frozenset({Kind.MESSAGE})
    return Frame(Tone.EVERYDAY, kinds, source, parse(source), limit=None, wordless=False)


def _fills(source: str, times: int = 200) -> set[str]:
    dice, frame = Dice(5), _frame(source)
    return {frame.fill(dice) for _ in range(times)}


def _all_frames() -> list[Frame]:
    return [frame for tone in Tone for frame in load_frames(tone)]


def test_there_are_several_hundred_distinct_frames() -> None:
    sources = [frame.source for frame in _all_frames()]
    assert len(sources) >= 600
    assert len(set(sources)) == len(sources)


def test_no_frame_is_a_trivial_rewording_of_another() -> None:
    bags = [
        (frame.source, frozenset(re.findall(r"\w+", frame.source)))
        for frame in _all_frames()
        if not frame.wordless
    ]
    alike = [(a, b) for (a, x), (b, y) in combinations(bags, 2) if len(x & y) > 0.6 * len(x | y)]
    assert alike == []


def test_a_choice_gives_each_of_its_options() -> None:
    assert _fills("voy [hoy|mañana|al rato]") == {"voy hoy", "voy mañana", "voy al rato"}


def test_gender_agrees_throughout_a_frame() -> None:
    assert _fills("estoy <solo|sola> y <cansado|cansada>") == {
        "estoy solo y cansado",
        "estoy sola y cansada",
    }


def test_gender_may_stand_inside_a_choice() -> None:
    assert _fills("[ya|sigo <despierto|despierta>]") == {"ya", "sigo despierto", "sigo despierta"}


def test_one_slot_has_one_filler_and_a_numbered_one_has_another() -> None:
    for text in _fills("{materia} {materia} {materia2}"):
        half = text.rsplit(" ", 1)[0]
        first, second = half.split(" ")
        assert first == second
        assert not text.endswith(f" {first}")


def test_a_filler_may_hold_a_slot() -> None:
    subjects = {fill_slot("materia", Dice(seed)) for seed in range(200)}
    named = {t.removeprefix("mi libreta de ") for t in _fills("{cosa}", 600) if "libreta" in t}
    assert named
    assert named <= subjects


def test_an_unknown_slot_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match="no_such_slot"):
        parse("hola {no_such_slot}")


def test_every_slot_is_used_and_has_a_choice() -> None:
    text = " ".join(frame.source for frame in _all_frames())
    used = set(re.findall(r"\{([a-z_]+)\d?\}", text))
    assert used == set(load_slots())
    assert min(map(len, load_slots().values())) >= 5


def test_equal_dice_give_equal_surfaces() -> None:
    sentence = "gracias por la tarea de mate, mañana te veo en las canchas"
    for tone in Tone:
        first, second = Dice(3), Dice(3)
        assert [roughen(sentence, tone, first) for _ in range(50)] == [
            roughen(sentence, tone, second) for _ in range(50)
        ]


def test_noise_never_touches_mentions_or_links() -> None:
    sentence = "mira @de_por.que esto https://video.example/que/por/mañana ya"
    dice = Dice(8)
    for tone in Tone:
        for _ in range(400):
            text = roughen(sentence, tone, dice)
            assert "@de_por.que" in text
            assert "https://video.example/que/por/" in text


def test_nothing_is_glued_to_a_link_at_the_end() -> None:
    dice = Dice(4)
    texts = [roughen("míralo https://video.example/v/ka", Tone.CHEERFUL, dice) for _ in range(400)]
    assert all(re.search(r"/v/ka( |$)", text) for text in texts)


def test_the_moods_differ_in_their_habits() -> None:
    assert load_habits(Tone.CHEERFUL).emoji_rate > load_habits(Tone.WITHDRAWN).emoji_rate
    assert load_habits(Tone.WITHDRAWN).laugh_rate == 0.0
