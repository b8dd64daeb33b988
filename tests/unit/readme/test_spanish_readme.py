"""README.es.md and what both READMEs say of the pages agree with the program and each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aura_engine.i18n import room, t
from aura_engine.settings import documented_variables
from aura_engine.store.access import Role
from aura_ui.navigation import PAGES
from tests.unit.readme.test_readme import README, ROOT, SPANISH, commands

BOTH = pytest.mark.parametrize("document", [README, SPANISH], ids=lambda path: path.name)
PAGES_TABLE = re.compile(r"<!-- pages -->\n(.*?)<!-- /pages -->", re.DOTALL)
ROW = re.compile(r"^\| \*([^*|]+)\* \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)
LABEL = re.compile(r"(?<!\*)\*([^*\n|]+(?:\n[^*\n|]+)?)\*(?!\*)")
VARIABLE = re.compile(r"`((?:AURA|DATABASE|NLP|SERVICE|PG)_[A-Z_]*[A-Z])`")
ANCHOR = re.compile(r"\]\(([^)#:\s]*)#([^)]+)\)")
WHO = {
    README: {
        Role.COUNSELOR: "counselors",
        Role.SUPERVISOR: "supervisors",
        Role.ANALYST: "analysts",
    },
    SPANISH: {
        Role.COUNSELOR: "orientación",
        Role.SUPERVISOR: "supervisión",
        Role.ANALYST: "análisis",
    },
}
ALL = {README: "everyone", SPANISH: "todos"}
ROOMS = (
    "ui", "today", "high", "person", "identity", "case", "case_outcome", "case_lists", "users",
    "login", "rerun", "guide", "distribution", "map", "profiles", "trends", "wall", "operation",
)  # fmt: skip


def written(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def section(document: Path, heading: str) -> str:
    """What stands under a heading, up to the next one."""
    return written(document).split(f"## {heading}\n")[1].split("\n## ")[0]


def labels(prose: str) -> set[str]:
    return {" ".join(found.split()) for found in LABEL.findall(prose)}


def sentences() -> set[str]:
    """Messages, and the beginning of those that go on with a field."""
    said = {message for name in ROOMS for message in room(name).values()}
    return said | {message.partition(":")[0] for message in said}


def in_words(document: Path, roles: frozenset[Role]) -> str:
    known = WHO[document]
    if roles >= set(known):
        return ALL[document]
    return ", ".join(word for role, word in known.items() if role in roles)


@BOTH
def test_every_page_is_described_with_who_may_see_it(document):
    (table,) = PAGES_TABLE.findall(written(document))
    assert sorted(ROW.findall(table)) == sorted(
        (t(entry.title), in_words(document, entry.roles)) for entry in PAGES
    )


@pytest.mark.parametrize(
    ("document", "heading"), [(README, "A counselor's day"), (SPANISH, "Un día de orientación")]
)
def test_a_counselors_day_calls_everything_as_the_pages_do(document, heading):
    named = labels(section(document, heading))
    assert named - sentences() == set()
    for key in ("today.title", "today.first", "ui.see", "person.why", "person.votes",
                "person.history", "case.acknowledge", "case.note", "case.close",
                "case.close_submit", "login.demo_role", "login.demo_counselor"):  # fmt: skip
        assert t(key) in named, key


def test_every_label_in_the_spanish_readme_is_one_of_the_pages():
    assert labels(written(SPANISH)) - sentences() == set()


def test_every_setting_that_the_spanish_readme_names_exists():
    named = set(VARIABLE.findall(written(SPANISH)))
    assert len(named) >= 15
    assert named - {variable.name for variable in documented_variables().values()} == set()


def test_the_spanish_readme_shows_how_to_begin_and_where_the_pages_are():
    assert ("demo",) in commands(SPANISH)
    port = next(v for v in documented_variables().values() if v.name == "AURA_UI_PORT").default
    for document in (README, SPANISH):
        assert f"`http://127.0.0.1:{port.strip('`')}`" in written(document)


def slugs(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", written(document), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


@BOTH
def test_every_heading_that_is_linked_to_exists(document):
    linked = [
        (file or document.name, heading) for file, heading in ANCHOR.findall(written(document))
    ]
    assert [(f, h) for f, h in linked if h not in slugs(ROOT / f)] == []


def test_the_readmes_and_the_guide_lead_to_each_other():
    assert "](README.es.md)" in written(README).partition("\n## ")[0]
    assert "](README.md)" in written(SPANISH).partition("\n## ")[0]
    assert all("](docs/guia-orientacion.md)" in written(one) for one in (README, SPANISH))


def test_no_figure_of_a_measurement_is_told_twice():
    """Measured figures change; they stand in README.md alone."""
    assert re.findall(r"\d+(?:[.,]\d+)? ?(?:%|MB|ms|s\b|veces|segundos)", written(SPANISH)) == []
