"""People in lists: a row each, with a way to their page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import streamlit as st
from sqlalchemy import Connection

from aura_engine.domain import RiskLevel
from aura_engine.errors import ArtefactError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.pipeline.explanation import (
    PersonExplained,
    Reason,
    explain_person,
    leading_reasons,
)
from aura_engine.store.access import Viewer
from aura_engine.store.reads import person
from aura_ui.formats import kpi_short
from aura_ui.navigation import FOLDER
from aura_ui.roles import CARERS

log = get_logger(__name__)

MAX_REASONS: Final = 2
PERSON: Final = "p"
"""Query parameter that names a person by pseudonym."""
CARD: Final = FOLDER / "ficha.py"
LIST: Final = FOLDER / "alto_riesgo.py"
CASES: Final = FOLDER / "casos.py"


Reasons = Mapping[str, Sequence[Reason]]
"""What leads a verdict, by pseudonym."""


def reasons_of(connection: Connection, viewer: Viewer, pseudonyms: Sequence[str]) -> Reasons:
    """Return what leads the verdicts of a list; without the model the list is drawn all the same.

    Parameters
    ----------
    connection : Connection
        In which the page reads.
    viewer : Viewer
        Who looks.
    pseudonyms : sequence of str
        Whom the list shows.
    """
    try:
        return leading_reasons(connection, viewer, pseudonyms)
    except ArtefactError as error:
        log.warning("no_reasons", reason=str(error))
        st.warning(t("ui.no_reasons", error=error), icon=":material/error:")
        return {}


def explained_person(
    connection: Connection, viewer: Viewer, pseudonym: str
) -> PersonExplained | None:
    """Return a person with what explains them; without the model the person all the same.

    Parameters
    ----------
    connection : Connection
        In which the page reads.
    viewer : Viewer
        Who looks.
    pseudonym : str
        Of the person.
    """
    try:
        return explain_person(connection, viewer, pseudonym)
    except ArtefactError as error:
        log.warning("no_reasons", reason=str(error))
        st.warning(t("ui.no_reasons", error=error), icon=":material/error:")
        row = person(connection, viewer, pseudonym)
        return None if row is None else PersonExplained(row, (), is_kept=False)


def reasons_in_words(reasons: Reasons, pseudonym: str, most: int = MAX_REASONS) -> str:
    """Return the KPIs that lead a verdict with their numbers, the heaviest first.

    Parameters
    ----------
    reasons : mapping
        Of `reasons_of`.
    pseudonym : str
        Whose.
    most : int
        How many are named.
    """
    return " · ".join(kpi_short(*reason) for reason in reasons.get(pseudonym, ())[:most])


def marks(row: Mapping[str, Any]) -> list[str]:
    """Return what limits a verdict: too little known, or nothing shown any more."""
    said = []
    if row["stopped_showing"]:
        said.append(t("ui.stopped_showing").lower())
    elif not row["is_sufficient"]:
        said.append(t("ui.insufficient").lower())
    return said


def asi(row: dict[str, Any]) -> str:
    """Return a person's ASI as a badge with the shape and colour of their level."""
    level = RiskLevel(row["cluster_label"])
    shape = t(f"levels.{level}").split()[0]
    return (
        f'<span class="aura-asi {level.name.lower()}" title="{escape(t(f"levels.{level}"))}">'
        f"{shape} {row['severity_index']:.0f}</span>"
    )


def person_row(
    viewer: Viewer, row: dict[str, Any], *, why: str, change: str | None = None, when: str = ""
) -> None:
    """Draw one person of a list, with a way to their page for whoever may see it.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    row : dict
        pseudonym, cluster_label, severity_index, is_sufficient, stopped_showing.
    why : str
        What leads the verdict.
    change : str, optional
        How the ASI moved, in lists that tell it.
    when : str
        Since when.
    """
    said = " · ".join(filter(None, [why, *marks(row)]))
    moved = "" if change is None else f'<span class="aura-soft change">{escape(change)}</span>'
    html = (
        f'<div class="aura-row{" moves" if moved else ""}" title="{escape(when)}">'
        f"{asi(row)}"
        f'<span class="aura-name">{escape(row["pseudonym"])}</span>'
        f"{moved}"
        f'<span class="why">{escape(said)}</span>'
        "</div>"
    )
    if viewer.role not in CARERS:
        st.html(html)
        return
    line, button = st.columns([1, 0.11], vertical_alignment="center", gap="xsmall", wrap=False)
    line.html(html)
    button.page_link(CARD, label=t("ui.see"), query_params={PERSON: row["pseudonym"]})
