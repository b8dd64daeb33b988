"""A person's case on their page: where it stands, what can be done, what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta, tzinfo
from html import escape
from typing import Any, Final

import streamlit as st

from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.pipeline.explanation import PersonExplained
from aura_engine.pipeline.steadiness import CLEAR_ASI, CONFIRMED_AFTER
from aura_engine.store.access import Viewer
from aura_engine.store.cases import CaseStage, Priority
from aura_engine.store.reads import Colleague
from aura_ui import case_forms, databases, outcomes
from aura_ui.case_words import Case, done_in_words, news_in_words, next_steps, status
from aura_ui.formats import ago, moment, whole
from aura_ui.page import now

SHOWN: Final = 3
"""Actions that are told before the rest is folded away."""
MINUTE: Final = 60.0


def show(
    viewer: Viewer,
    case: Case | None,
    told: PersonExplained | None,
    done: Sequence[Mapping[str, Any]],
    colleagues: Sequence[Colleague],
    zone: tzinfo,
) -> None:
    """Draw a case with its actions; without one say when one is opened.

    Parameters
    ----------
    viewer : Viewer
        Who looks and acts.
    case : mapping or None
        Of `aura_engine.store.reads.case_of`.
    told : PersonExplained or None
        What explains the person's level; None where the account is gone.
    done : sequence of mapping
        Of `aura_engine.store.reads.case_timeline`.
    colleagues : sequence of Colleague
        To whom it can be assigned.
    zone : tzinfo
        Of the reader.
    """
    with st.container(border=True, key="case_panel"):
        if case is None:
            st.caption(_why_none(told))
            if told is not None:
                outcomes.show(case_forms.place_of(told.person["pseudonym"]))
                case_forms.open_button(viewer, told.person["pseudonym"])
            return
        of_case = [row for row in done if row["case_id"] == case["id"]]
        # The time that is left runs on while nothing else on the page changes.
        st.fragment(_status, run_every=MINUTE)(case, zone)
        # What comes and goes has a place of its own: were the form below to move, the browser
        # would make it anew, and what is being typed in it would be lost.
        with st.container():
            if case["account_deleted_at"] is not None:
                when = moment(case["account_deleted_at"], zone)
                st.warning(t("case.account_deleted", when=when), icon=":material/person_off:")
            news = case_forms.meanwhile(viewer, case, of_case)
            if not outcomes.show(case_forms.place_of(case["pseudonym"])):
                _meanwhile(case, news, zone)
        opened = case_forms.buttons(viewer, case, of_case, can_open=told is not None)
        if opened is not None:
            case_forms.form(viewer, case, opened, colleagues, news)
        steps = next_steps(case, told)
        if steps:
            with st.expander(t("case.steps"), icon=":material/directions:"):
                st.markdown("\n".join(f"- {step}" for step in steps))


def _why_none(told: PersonExplained | None) -> str:
    """Say when a case is opened for somebody who has none."""
    if told is None or not told.person["had_evidence"]:
        return t("case.none_unknown")
    if told.person["cluster_label"] != RiskLevel.ALTO:
        return t("case.none")
    hours = CONFIRMED_AFTER // timedelta(hours=1)
    return t("case.none_high", hours=hours, asi=whole(CLEAR_ASI))


def _meanwhile(case: Case, rows: Sequence[Mapping[str, Any]], zone: tzinfo) -> None:
    """Say what others did while a form was open, and that what is written in it stays."""
    if not rows:
        return
    did = news_in_words(rows, zone)
    said = "case.meanwhile"
    if case["stage"] == CaseStage.CLOSED:
        said = "case.meanwhile_closed"
    elif case_forms.is_another(case):
        said = "case.meanwhile_another"
    st.warning(t(said, did=did), icon=":material/group:")


def timeline(rows: Sequence[Mapping[str, Any]], zone: tzinfo) -> None:
    """Draw what was done to a person's cases, the newest first.

    Parameters
    ----------
    rows : sequence of mapping
        Of `aura_engine.store.reads.case_timeline`.
    zone : tzinfo
        Of the reader.
    """
    if not rows:
        return
    st.subheader(t("case.timeline"), anchor=False)
    st.html("".join(_done(row, zone) for row in rows[:SHOWN]))
    if rest := rows[SHOWN:]:
        with st.expander(t("case.timeline_rest", count=len(rest))):
            st.html("".join(_done(row, zone) for row in rest))


def _status(case: Case, zone: tzinfo) -> None:
    first, *rest = status(case, databases.settings().working_hours, now(), zone)
    priority = ""
    if case["waits"] and case["priority"] != Priority.NORMAL:
        name = t(f"case_priority.{case['priority']}")
        priority = f" · {escape(name)}"
    st.html(
        f'<span class="aura-note">{escape(t("case.title"))}</span> '
        f"<strong>{escape(first)}</strong>{priority}"
        f'<span class="aura-soft"> · {escape(" · ".join(rest))}</span>'
    )


def _done(row: Mapping[str, Any], zone: tzinfo) -> str:
    exact, when = moment(row["at"], zone), ago(row["at"], now(), zone)
    note = ""
    if row["note"]:
        lines = "<br>".join(escape(line) for line in row["note"].splitlines())
        note = f'<div class="aura-quote">{lines}</div>'
    return (
        f'<div class="aura-done"><span class="aura-soft" title="{escape(exact)}">{escape(when)}'
        f"</span> {escape(done_in_words(row, zone))}{note}</div>"
    )
