"""Forms in which a counselor acts on one case; what is half written survives every redraw.

Each button works in a callback, before the page is drawn anew: by then the live pulse may have
redrawn it, and a button's value would be lost. A refused action keeps what was written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import streamlit as st
from sqlalchemy import Engine

from aura_engine.errors import AuraError
from aura_engine.i18n import t
from aura_engine.store import case_actions
from aura_engine.store.access import Viewer
from aura_engine.store.case_actions import LONGEST_NOTE, LONGEST_SNOOZE, CaseRef, Outcome
from aura_engine.store.cases import CaseStage
from aura_engine.store.reads import Colleague
from aura_ui import databases, guard
from aura_ui.case_words import Case, refusal_in_words
from aura_ui.page import now

USUAL_SNOOZE: Final = timedelta(days=7)
_Act = Callable[[Engine, Viewer, CaseRef, datetime], int]
FORMS: Final = ("assign", "note", "snooze", "close")


def key(case_id: int, name: str) -> str:
    """Return the key of a case's widget or message in the session."""
    return f"case_{case_id}_{name}"


def buttons(viewer: Viewer, case: Case) -> str | None:
    """Draw what can be done to a case; return which form is open.

    Parameters
    ----------
    viewer : Viewer
        Who acts.
    case : mapping
        Of `aura_engine.store.reads.case_of`, not closed.
    """
    ref, stage = CaseRef(case["id"], case["version"]), case["stage"]
    with st.container(horizontal=True, vertical_alignment="center"):
        if stage == CaseStage.WAITING:
            st.button(
                t("case.acknowledge"),
                key=key(ref.id, "acknowledge"),
                type="primary",
                icon=":material/check:",
                on_click=_do,
                args=(viewer, ref, _acknowledge, "acknowledged"),
            )
        elif stage == CaseStage.SNOOZED:
            st.button(
                t("case.resume"),
                key=key(ref.id, "resume"),
                icon=":material/play_arrow:",
                on_click=_do,
                args=(viewer, ref, _resume, "resumed"),
            )
        offered = [form for form in FORMS if form != "snooze" or stage == CaseStage.ACTIVE]
        return st.pills(
            t("case.actions"),
            offered,
            format_func=lambda form: t(f"case.{form}"),
            key=key(ref.id, "form"),
            label_visibility="collapsed",
        )


def form(viewer: Viewer, case: Case, name: str, colleagues: Sequence[Colleague]) -> None:
    """Draw one of the forms.

    Parameters
    ----------
    viewer : Viewer
        Who acts.
    case : mapping
        The case.
    name : str
        One of `FORMS`.
    colleagues : sequence of Colleague
        To whom it can be assigned.
    """
    ref = CaseRef(case["id"], case["version"])
    with st.form(key(ref.id, f"{name}_form"), border=True):
        _FIELDS[name](viewer, ref, colleagues)
        st.form_submit_button(
            t(f"case.{name}_submit"),
            type="primary",
            on_click=_SUBMITS[name],
            args=(viewer, ref),
        )


def offer_to_open(viewer: Viewer, pseudonym: str) -> None:
    """Draw the button that takes up somebody who has no open case, and why it could not.

    Parameters
    ----------
    viewer : Viewer
        Who would look after them.
    pseudonym : str
        Whom.
    """
    if refusal := st.session_state.get(_open_refused(pseudonym)):
        st.error(refusal, icon=":material/error:")
    st.button(
        t("case.open"),
        key=f"case_open_{pseudonym}",
        icon=":material/add_task:",
        help=t("case.open_help"),
        on_click=_open,
        args=(viewer, pseudonym),
    )


def _open_refused(pseudonym: str) -> str:
    return f"case_open_{pseudonym}_refused"


def _open(viewer: Viewer, pseudonym: str) -> None:
    state = st.session_state
    state.pop(_open_refused(pseudonym), None)
    try:
        guard.require_same(viewer)
        case_id = case_actions.open_case(databases.store(), viewer, pseudonym, at=now())
    except AuraError as error:
        state[_open_refused(pseudonym)] = refusal_in_words(error, databases.zone())
        return
    state[key(case_id, "said")] = t("case.opened_said")


def assignees(viewer: Viewer, colleagues: Sequence[Colleague]) -> dict[str, str]:
    """Return who can be given a case by name: the viewer first, then active colleagues."""
    others = {one.name: one.label for one in colleagues if not one.is_disabled}
    return {viewer.name: t("case.me")} | {
        name: label for name, label in others.items() if name != viewer.name
    }


def message(case_id: int) -> None:
    """Show what became of the last action on a case in this session."""
    if refusal := st.session_state.get(key(case_id, "refused")):
        st.error(refusal, icon=":material/error:")
    if said := st.session_state.get(key(case_id, "said")):
        st.caption(said)


def _assign_fields(viewer: Viewer, ref: CaseRef, colleagues: Sequence[Colleague]) -> None:
    names = assignees(viewer, colleagues)
    st.selectbox(
        t("case.assign_to"),
        list(names),
        format_func=lambda name: names.get(name, name),
        key=key(ref.id, "assignee"),
    )


def _note_fields(_viewer: Viewer, ref: CaseRef, _colleagues: Sequence[Colleague]) -> None:
    _text(ref, "note", "case.note_text", "case.note_help")


def _snooze_fields(_viewer: Viewer, ref: CaseRef, _colleagues: Sequence[Colleague]) -> None:
    today = now().astimezone(databases.zone()).date()
    st.date_input(
        t("case.snooze_until"),
        value=today + USUAL_SNOOZE,
        min_value=today + timedelta(days=1),
        max_value=today + LONGEST_SNOOZE - timedelta(days=1),
        format="DD/MM/YYYY",
        key=key(ref.id, "until"),
        help=t("case.snooze_help"),
    )
    _text(ref, "reason", "case.snooze_reason", None)


def _close_fields(_viewer: Viewer, ref: CaseRef, _colleagues: Sequence[Colleague]) -> None:
    st.selectbox(
        t("case.outcome"),
        list(Outcome),
        format_func=lambda outcome: t(f"case_outcome.{outcome}"),
        key=key(ref.id, "outcome"),
    )
    _text(ref, "closing", "case.closing_text", "case.closing_help")


def _text(ref: CaseRef, name: str, label: str, help_text: str | None) -> None:
    st.text_area(
        t(label),
        key=key(ref.id, name),
        max_chars=LONGEST_NOTE,
        height=90,
        help=help_text and t(help_text),
    )


def _submit_assign(viewer: Viewer, ref: CaseRef) -> None:
    assignee = st.session_state[key(ref.id, "assignee")]
    _do(
        viewer,
        ref,
        lambda store, who, case, at: case_actions.assign(store, who, case, assignee, at=at),
        "assigned_said",
        "assignee",
    )


def _submit_note(viewer: Viewer, ref: CaseRef) -> None:
    note = st.session_state[key(ref.id, "note")]
    _do(
        viewer,
        ref,
        lambda store, who, case, at: case_actions.add_note(store, who, case, note, at=at),
        "noted",
        "note",
    )


def _submit_snooze(viewer: Viewer, ref: CaseRef) -> None:
    day = st.session_state[key(ref.id, "until")]
    reason = st.session_state[key(ref.id, "reason")]
    opening = databases.settings().working_hours.shifts[0][0]
    zone = databases.zone()
    until = datetime(day.year, day.month, day.day, opening // 60, opening % 60, tzinfo=zone)
    _do(
        viewer,
        ref,
        lambda store, who, case, at: case_actions.snooze(
            store, who, case, until=until, reason=reason, at=at
        ),
        "snoozed_said",
        "reason",
    )


def _submit_close(viewer: Viewer, ref: CaseRef) -> None:
    outcome = Outcome(st.session_state[key(ref.id, "outcome")])
    note = st.session_state[key(ref.id, "closing")]
    _do(
        viewer,
        ref,
        lambda store, who, case, at: case_actions.close(store, who, case, outcome, note, at=at),
        "closed_said",
        "closing",
    )


def _acknowledge(store: Engine, viewer: Viewer, ref: CaseRef, at: datetime) -> int:
    return case_actions.acknowledge(store, viewer, ref, at=at)


def _resume(store: Engine, viewer: Viewer, ref: CaseRef, at: datetime) -> int:
    return case_actions.unsnooze(store, viewer, ref, at=at)


def _do(viewer: Viewer, ref: CaseRef, act: _Act, said: str, form_field: str | None = None) -> None:
    """Do it; once it is done its form closes and is empty, else it stays as it is."""
    state = st.session_state
    for name in ("refused", "said"):
        state.pop(key(ref.id, name), None)
    try:
        guard.require_same(viewer)
        act(databases.store(), viewer, ref, now())
    except AuraError as error:
        state[key(ref.id, "refused")] = refusal_in_words(error, databases.zone())
        return
    state[key(ref.id, "said")] = t(f"case.{said}")
    if form_field is not None:
        state.pop(key(ref.id, form_field), None)
        state[key(ref.id, "form")] = None


_FIELDS: Final = {
    "assign": _assign_fields,
    "note": _note_fields,
    "snooze": _snooze_fields,
    "close": _close_fields,
}
_SUBMITS: Final = {
    "assign": _submit_assign,
    "note": _submit_note,
    "snooze": _submit_snooze,
    "close": _submit_close,
}
