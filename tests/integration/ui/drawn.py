"""How tests read and press what a page draws, the panel of a person's case above all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from aura_engine.store.case_actions import CaseRef, Outcome
from tests.integration.store.rows import scalar

Widget = TypeVar("Widget", bound=Any)


def said(page: AppTest) -> str:
    assert not page.exception
    parts = (*page.html, *page.caption, *page.markdown, *page.warning, *page.error, *page.info)
    return " ".join(
        str(getattr(element, "value", None) or getattr(element, "body", "")) for element in parts
    )


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def of_case(widgets: Iterable[Widget], name: str) -> Widget:
    """Return the widget of that name in the panel of the person's case."""
    [found] = [one for one in widgets if re.fullmatch(rf"case_.{{7}}_{name}", one.key or "")]
    return found


def choose(page: AppTest, form: str) -> AppTest:
    """Open a form; one that closes a case names how it ended."""
    of_case(page.pills, "form").set_value(form)
    page.run()
    if form == "close":
        of_case(page.selectbox, "outcome").set_value(Outcome.ATTENDED)
    return page


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    return page.run()


def note_with(store: Engine, case: CaseRef) -> str | None:
    note = scalar(
        store,
        "SELECT note FROM case_action WHERE case_id = :c ORDER BY id DESC LIMIT 1",
        c=case.id,
    )
    return None if note is None else str(note)
