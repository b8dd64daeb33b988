"""Lists of cases: a table in which several are taken at once, and a board of stages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Any, Final
from zlib import crc32

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.arrow import DataframeStateInput

from aura_engine.errors import AuraError
from aura_engine.i18n import t
from aura_engine.store import case_actions
from aura_engine.store.access import Viewer
from aura_engine.store.case_actions import CaseRef, Together
from aura_engine.store.cases import CaseStage
from aura_engine.store.reads import Colleague, Load
from aura_engine.working_hours import WorkingHours
from aura_ui import databases, guard, outcomes, theme
from aura_ui.case_filters import TEAM, Wanted, drop_filters
from aura_ui.case_forms import assignees
from aura_ui.case_words import (
    Case,
    due_in_words,
    refusal_in_words,
    since_in_words,
    stage_in_words,
)
from aura_ui.formats import NOTHING, ago, moment, whole
from aura_ui.page import now
from aura_ui.people import CARD, PERSON, Reasons, asi, marks, reasons_in_words

PLACE: Final = "cases"
"""Of the lists on the page of cases: with it begin the names of their widgets."""
PICKED: Final = f"{PLACE}_picked"
"""In the session: ids of the cases that are selected, whatever their order."""


def table(
    rows: Sequence[Case], reasons: Reasons, working: WorkingHours, at: datetime, zone: tzinfo
) -> pd.DataFrame:
    """Return cases with headings that people read: who, why, since when, by when, and whose.

    Parameters
    ----------
    rows : sequence of mapping
        Of `aura_engine.store.reads.case_list`.
    reasons : mapping
        Of `aura_ui.people.reasons_of`.
    working : WorkingHours
        In which deadlines run.
    at : datetime
        The present.
    zone : tzinfo
        Of the reader.
    """
    return pd.DataFrame(
        {
            t("high.asi"): row["severity_index"],
            t("high.pseudonym"): row["pseudonym"],
            t("case_lists.stage"): stage_in_words(row),
            t("case_lists.due"): due_in_words(row, working, at, zone)
            or since_in_words(row, at, zone),
            t("case_lists.opened"): ago(row["opened_at"], at, zone),
            t("high.reasons"): reasons_in_words(reasons, row["pseudonym"]),
            t("case_lists.prioridad"): t(f"case_priority.{row['priority']}"),
            t("case_lists.who"): row["assignee"] or NOTHING,
            t("high.marks"): " · ".join(_marks(row)),
        }
        for row in rows
    )


def pick(rows: Sequence[Case], shown: pd.DataFrame) -> list[Case]:
    """Draw the table; return the cases that are selected, which stay so when the order changes.

    Parameters
    ----------
    rows : sequence of mapping
        The cases.
    shown : DataFrame
        Of `table`.
    """
    ids = [row["id"] for row in rows]
    picked = st.session_state.get(PICKED, frozenset())
    places = [place for place, case_id in enumerate(ids) if case_id in picked]
    order = crc32(repr(ids).encode())
    selection = st.dataframe(
        shown,
        hide_index=True,
        placeholder=NOTHING,
        height="content",
        key=f"{PLACE}_{order}_{times_done(PLACE)}",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default=of_rows(places),
        column_config={
            t("high.asi"): st.column_config.ProgressColumn(
                format="%.0f", min_value=0, max_value=100, color=theme.look().accent, width=96
            ),
            t("high.reasons"): st.column_config.TextColumn(width=260),
        },
    )
    chosen = [rows[place] for place in selection.selection.rows if place < len(rows)]
    st.session_state[PICKED] = frozenset(row["id"] for row in chosen)
    return chosen


def of_rows(places: Sequence[int]) -> DataframeStateInput:
    """Return the selection of rows of a table, as Streamlit names it."""
    return {"selection": {"rows": list(places), "columns": [], "cells": []}}


def times_done(place: str) -> int:
    """Return how often several cases were acted on, so that a selection begins anew."""
    times: int = st.session_state.get(f"{place}_done", 0)
    return times


def to_review_beside(wanted: Wanted, to_review: Mapping[CaseStage, int]) -> int:
    """Return how many cases to review a list leaves out.

    Parameters
    ----------
    wanted : Wanted
        The list. Of the team's, all; of one's own, those that nobody has taken up.
    to_review : mapping of CaseStage to int
        How many there are.
    """
    open_ones = {stage: n for stage, n in to_review.items() if stage != CaseStage.CLOSED}
    return sum(open_ones.values()) if wanted.vista == TEAM else open_ones[CaseStage.WAITING]


def above_the_table() -> DeltaGenerator:
    """Return the place of what can be done to the rows that are selected in the table beneath.

    It is as high as its buttons from the beginning: the first selection moves no row.
    """
    return st.container(key="act_together")


def act_together(
    viewer: Viewer,
    chosen: Sequence[Case],
    colleagues: Sequence[Colleague],
    *,
    place: str = PLACE,
) -> None:
    """Draw what can be done to the selected cases; `aura_ui.outcomes` tells what became of it.

    Parameters
    ----------
    viewer : Viewer
        Who acts.
    chosen : sequence of mapping
        Of `pick`: id, version, pseudonym; without an id, somebody who has no case.
    colleagues : sequence of Colleague
        To whom they can be assigned.
    place : str
        With what the names of the widgets begin.
    """
    if not chosen:
        st.caption(t("case_lists.pick"))
        return
    cases = tuple(row for row in chosen if row["id"] is not None)
    given, count = (viewer, cases, place), whole(len(cases))
    names = assignees(viewer, colleagues)
    if without := len(chosen) - len(cases):
        st.caption(t("case_lists.without_case", count=whole(without)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(chosen) == 1:
            query = {PERSON: chosen[0]["pseudonym"]}
            st.page_link(
                CARD, label=t("case_lists.open"), icon=":material/person:", query_params=query
            )
        if not cases:
            return
        st.button(
            t("case_lists.acknowledge", count=count),
            key=f"{place}_acknowledge",
            on_click=_acknowledge,
            args=given,
        )
        st.selectbox(
            t("case.assign_to"),
            list(names),
            format_func=lambda name: names.get(name, name),
            key=f"{place}_assignee",
            width=220,
        )
        st.button(
            t("case_lists.assign", count=count),
            key=f"{place}_assign",
            on_click=_assign,
            args=given,
        )


def board(
    columns: Mapping[CaseStage, Sequence[Case]],
    counts: Mapping[CaseStage, int],
    working: WorkingHours,
    at: datetime,
    zone: tzinfo,
) -> None:
    """Draw a column for each stage, with its first cases and how many more there are.

    Parameters
    ----------
    columns : mapping
        First cases by stage.
    counts : mapping
        How many there are by stage.
    working, at, zone
        As of `table`.
    """
    for stage, place in zip(columns, st.columns(len(columns), gap="medium"), strict=True):
        with place:
            st.subheader(f"{t(f'case_stage.{stage}')} · {whole(counts[stage])}", anchor=False)
            if not columns[stage]:
                st.caption(t(f"case_lists.none_{stage}"))
            for row in columns[stage]:
                _card(row, due_in_words(row, working, at, zone) or since_in_words(row, at, zone))
            if rest := counts[stage] - len(columns[stage]):
                st.caption(t("case_lists.more", count=whole(rest)))


def empty(wanted: Wanted) -> None:
    """Say what an empty list means, and how to see more where a filter emptied it."""
    if wanted.is_narrowed:
        st.info(t("case_lists.none_narrowed"), icon=":material/filter_alt:")
        st.button(t("case_lists.drop"), key="cases_drop", on_click=drop_filters, args=(wanted,))
    else:
        st.info(t(f"case_lists.none_{wanted.vista}"), icon=":material/task_alt:")


def load_table(loads: Sequence[Load]) -> pd.DataFrame:
    """Return what each colleague holds."""
    return pd.DataFrame(
        {
            t("case_lists.who"): t("case_lists.disabled", who=load.label)
            if load.is_disabled
            else load.label,
            t("case_lists.load_open"): load.open,
            t("case_lists.load_overdue"): load.overdue,
            t("case_lists.load_closed"): load.closed,
        }
        for load in loads
    )


def unknown_table(rows: Sequence[Mapping[str, Any]], zone: tzinfo) -> pd.DataFrame:
    """Return people of whom too little is known."""
    return pd.DataFrame(
        {
            t("high.pseudonym"): row["pseudonym"],
            t("case_lists.days"): row["days_without_activity"],
            t("high.evidence"): row["evidence"],
            t("ui.level"): t(f"levels.{row['cluster_label']}"),
            t("high.marks"): " · ".join(marks(row)),
            t("high.verdict"): moment(row["verdict_as_of"], zone),
        }
        for row in rows
    )


def _marks(row: Case) -> list[str]:
    said = []
    if row["account_deleted_at"] is not None:
        said.append(t("case_lists.deleted"))
    elif row["cluster_label"] is not None:
        said += marks(row)
    if row["escalation_level"] and row["waits"]:
        said.append(t("case.escalated"))
    return said


def _card(row: Case, when: str) -> None:
    badge = asi(dict(row)) if row["cluster_label"] is not None else ""
    said = " · ".join(part for part in (when, row["assignee"] or t("case.of_nobody")) if part)
    with st.container(border=True, gap="xsmall"):
        st.html(
            f'<div>{badge} <span class="aura-name">{escape(row["pseudonym"])}</span></div>'
            f'<div class="aura-note">{escape(said)}</div>'
        )
        query = {PERSON: row["pseudonym"]}
        st.page_link(CARD, label=t("ui.see"), query_params=query)


def _acknowledge(viewer: Viewer, chosen: Sequence[Case], place: str) -> None:
    def act(refs: Sequence[CaseRef]) -> Together:
        return case_actions.acknowledge_all(databases.store(), viewer, refs, at=now())

    _do(viewer, chosen, act, "case_lists.acknowledged", place)


def _assign(viewer: Viewer, chosen: Sequence[Case], place: str) -> None:
    assignee = st.session_state[f"{place}_assignee"]

    def act(refs: Sequence[CaseRef]) -> Together:
        return case_actions.assign_all(databases.store(), viewer, refs, assignee, at=now())

    _do(viewer, chosen, act, "case_lists.assigned", place)


def _do(
    viewer: Viewer,
    chosen: Sequence[Case],
    act: Callable[[Sequence[CaseRef]], Together],
    said: str,
    place: str,
) -> None:
    """Act on each; those that were refused say why, and stay selected."""
    state, zone = st.session_state, databases.zone()
    names = {row["id"]: row["pseudonym"] for row in chosen}
    try:
        guard.require_same(viewer)
        together = act([CaseRef(row["id"], row["version"]) for row in chosen])
    except AuraError as error:
        outcomes.tell(place, refused=[refusal_in_words(error, zone)])
        return
    went = [names[case_id] for case_id in together.done]
    outcomes.tell(
        place,
        t(said, count=whole(len(went)), names=", ".join(went)) if went else None,
        [
            f"{names[case_id]}: {refusal_in_words(error, zone)}"
            for case_id, error in together.refused.items()
        ],
    )
    state[f"{place}_done"] = times_done(place) + 1
    # The page of cases knows them by their ids, the work list by whose they are.
    refused = together.refused
    kept = refused if place == PLACE else {names[case_id] for case_id in refused}
    state[f"{place}_picked"] = frozenset(kept)
