"""The counselors' guide calls everything as the pages do, and fits on a page."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from aura_engine.i18n import room, t
from aura_ui import guide
from tests.patience import PATIENCE

ROOMS = (
    "ui", "today", "high", "person", "identity", "case", "case_stage", "case_outcome",
    "case_lists", "users", "kpi_phrases", "levels", "guide",
)  # fmt: skip
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
QUOTED = re.compile(r"«(.+?)»", re.DOTALL)
FIELD = re.compile(r"\{\w+[^}]*\}")
ACTIONS = ("acknowledge", "assign", "note", "snooze", "close", "open", "to_review")
NEEDED = (
    *(f"case.{action}" for action in ACTIONS),
    *(f"case_outcome.{outcome}" for outcome in room("case_outcome")),
    *(f"levels.{level}" for level in room("levels")),
    "today.title", "today.first", "today.mine", "ui.see", "high.title", "case_lists.title",
    "person.why", "person.votes", "person.history", "case_lists.insuficientes",
    "ui.stopped_showing", "identity.open", "users.log",
)  # fmt: skip


def flat(words: str) -> str:
    return " ".join(words.split())


def written() -> str:
    return guide.GUIDE.read_text(encoding="utf-8")


def labels() -> list[str]:
    return [flat(found) for found in BOLD.findall(written())]


def messages() -> Iterator[str]:
    for name in ROOMS:
        yield from room(name).values()


def filled(message: str) -> re.Pattern[str]:
    """A message with anything in its fields."""
    return re.compile(".+".join(re.escape(part) for part in FIELD.split(message)))


def test_every_label_in_the_guide_is_one_of_the_pages():
    assert labels()
    assert [label for label in labels() if label not in set(messages())] == []


def test_every_sentence_that_the_guide_quotes_is_one_of_the_pages():
    quoted = [flat(found) for found in QUOTED.findall(written())]
    said = [filled(message) for message in messages() if len(FIELD.sub("", message)) > 12]
    assert quoted
    assert [words for words in quoted if not any(one.fullmatch(words) for one in said)] == []


@pytest.mark.parametrize("key", NEEDED)
def test_what_a_counselor_meets_is_in_the_guide_by_its_name(key):
    assert t(key) in labels()


def test_the_guide_says_what_must_never_be_missing():
    said = flat(written())
    for words in (
        "no un diagnóstico",
        "no es un servicio de emergencia",
        "protocolo de su centro",
        "Nadie lee aquí los textos",
    ):
        assert words in said
    assert written().startswith(f"# {t('guide.title')}\n")


def test_the_guide_fits_on_a_page():
    assert 450 <= len(re.findall(r"\w+", written())) <= 640


def test_the_guide_is_shown_from_its_file_without_its_title():
    assert guide.text().startswith("## ")
    assert t("guide.title") not in guide.text().splitlines()[0]


def test_without_its_file_a_reader_is_told_whom_to_ask(monkeypatch, tmp_path):
    monkeypatch.setattr(guide, "GUIDE", tmp_path / "guia-orientacion.md")
    assert "docs/guia-orientacion.md" in guide.text()
    assert "funcionan igual" in guide.text()


def beside_a_page() -> None:
    import streamlit as st

    from aura_ui import guide

    with st.sidebar:
        guide.sidebar()
    st.title("Hoy")


def test_the_guide_stays_open_whatever_redraws_the_page(monkeypatch):
    # What runs a script leaves it as the main module, and new processes would run it again.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    page = AppTest.from_function(beside_a_page, default_timeout=PATIENCE).run()
    assert not page.markdown
    page.sidebar.button(key="guide").click().run()
    for _ in range(2):
        assert not page.exception
        assert page.markdown[0].value == guide.text()
        assert page.title[0].value == "Hoy"
        page.run()
