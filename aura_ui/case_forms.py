"""Forms in which a counselor acts on one case; what is half written survives every redraw.

Each button works in a callback, before the page is drawn anew: by then the live pulse may have
redrawn it, and a button's value would be lost. A refused action keeps what was written, and a form
that is open stays so whatever a colleague does to the case meanwhile, which is said beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import streamlit as st
from sqlalchemy import Engine

from aura_engine.errors import AuraError, CaseConflict
from aura_engine.i18n import t
from aura_engine.store import case_actions
from aura_engine.store.access import Viewer
from aura_engine.store.case_actions import LONGEST_NOTE, LONGEST_SNOOZE, CaseRef, Outcome
from aura_engine.store.cases import CaseStage
from aura_engine.store.reads import Colleague
from aura_ui import databases, guard, outcomes
from aura_ui.case_words import Case, news_in_words, refusal_in_words
from aura_ui.page import now

USUAL_SNOOZE: Final = timedelta(days=7)
_Act = Callable[[Engine, Viewer, CaseRef, datetime], int]
FORMS: Final = ("assign", "note", "snooze", "close")
_OFFERED: Final = {
    CaseStage.WAITING: frozenset({"assign", "note", "close"}),
    CaseStage.ACTIVE: frozenset(FORMS),
    CaseStage.SNOOZED: frozenset({"assign", "note", "close"}),
    CaseStage.CLOSED: frozenset({"note"}),
}
"""What can be done in each stage; a form that is open stays beside it."""


Done = Mapping[str, Any]
"""Of `aura_engine.store.reads.case_timeline`."""


def key(case: Case, name: str) -> str:
    """Return the key of a widget in the session: a person's, whichever of their cases is shown."""
    return f"case_{case['pseudonym']}_{name}"


def place_of(pseudonym: str) -> str:
    """Return where on the pages a person's case is worked on; see `aura_ui.outcomes`."""
    return f"case_of_{pseudonym}"


def buttons(viewer: Viewer, case: Case, done: Sequence[Done], *, can_open: bool) -> str | None:
    """Draw what can be done to a case; return which form is open.

    Parameters
    ----------
    viewer : Viewer
        Who acts.
    case : mapping
        Of `aura_engine.store.reads.case_of`. To a closed one a note can be added.
    done : sequence of mapping
        What was done to it, by which is told what happens while a form is open.
    can_open : bool
        Whether a closed one can be opened again.
    """
    stage = case["stage"]
    with st.container(horizontal=True, vertical_alignment="center"):
        if stage == CaseStage.WAITING:
            st.button(
                t("case.acknowledge"),
                key=key(case, "acknowledge"),
                type="primary",
                icon=":material/check:",
                on_click=_do,
                args=(viewer, case, _acknowledge, "acknowledged"),
            )
        elif stage == CaseStage.SNOOZED:
            st.button(
                t("case.resume"),
                key=key(case, "resume"),
                icon=":material/play_arrow:",
                on_click=_do,
                args=(viewer, case, _resume, "resumed"),
            )
        elif stage == CaseStage.CLOSED and can_open:
            open_button(viewer, case["pseudonym"])
        opened = st.session_state.get(key(case, "form"))
        offered = [form for form in FORMS if form in _OFFERED[stage] or form == opened]
        return st.pills(
            t("case.actions"),
            offered,
            format_func=lambda form: t(f"case.{form}"),
            key=key(case, "form"),
            label_visibility="collapsed",
            on_change=_begin,
            args=(case, frozenset(map(_mark, done))),
        )


def _begin(case: Case, known: frozenset[tuple[object, ...]]) -> None:
    """Remember the case for which a form was opened, and what had been done to it by then."""
    st.session_state[key(case, "known")] = case["id"], known
    st.session_state.pop(_read(case), None)


def _mark(row: Done) -> tuple[object, ...]:
    return row["at"], row["actor"], row["action"]


def meanwhile(viewer: Viewer, case: Case, done: Sequence[Done]) -> list[Done]:
    """Return what others did to a case since the form that is open was opened, the newest first.

    Of a case that came after the one for which it was opened, that is all that was done.

    Parameters
    ----------
    viewer : Viewer
        Who writes.
    case : mapping
        The case.
    done : sequence of mapping
        What was done to it, the newest first.
    """
    begun = st.session_state.get(key(case, "known"))
    if begun is None or st.session_state.get(key(case, "form")) is None:
        return []
    if is_another(case):
        return list(done)
    _, known = begun
    return [row for row in done if row["actor"] != viewer.name and _mark(row) not in known]


def is_another(case: Case) -> bool:
    """Return whether the form that is open was opened for a former case of the person."""
    opened_for, _ = st.session_state.get(key(case, "known"), (case["id"], None))
    return bool(opened_for != case["id"])


def form(
    viewer: Viewer,
    case: Case,
    name: str,
    colleagues: Sequence[Colleague],
    news: Sequence[Done] = (),
) -> None:
    """Draw one of the forms.

    What others did since it was opened may reach the page while its button is on the way down: the
    first press after news only tells them. A note waits only where it would go to another case.

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
    news : sequence of mapping
        Of `meanwhile`.
    """
    if st.session_state.pop(key(case, "told"), False) and not is_another(case):
        st.session_state[_read(case)] = frozenset(map(_mark, news))
    with st.form(key(case, f"{name}_form"), border=True):
        _FIELDS[name](viewer, case, colleagues)
        st.form_submit_button(
            t(f"case.{name}_submit"),
            type="primary",
            on_click=_submit,
            args=(viewer, case, name, news),
        )


def _submit(viewer: Viewer, case: Case, name: str, news: Sequence[Done]) -> None:
    unread = [row for row in news if _mark(row) not in st.session_state.get(_read(case), ())]
    # A note takes nothing back, and what a closed case refuses, it refuses in its own words.
    must_read = name != "note" and case["stage"] != CaseStage.CLOSED
    if unread and (must_read or (name == "note" and is_another(case))):
        st.session_state[_read(case)] = frozenset(map(_mark, news))
        said = t("case.news_first", did=news_in_words(unread, databases.zone()))
        outcomes.tell(place_of(case["pseudonym"]), refused=[said])
        return
    _SUBMITS[name](viewer, case)


def _read(case: Case) -> str:
    return key(case, "read")


def open_button(viewer: Viewer, pseudonym: str) -> None:
    """Draw the button that takes up somebody who has no open case.

    Parameters
    ----------
    viewer : Viewer
        Who would look after them.
    pseudonym : str
        Whom.
    """
    st.button(
        t("case.open"),
        key=f"case_open_{pseudonym}",
        icon=":material/add_task:",
        help=t("case.open_help"),
        on_click=_open,
        args=(viewer, pseudonym),
    )


def _open(viewer: Viewer, pseudonym: str) -> None:
    place = place_of(pseudonym)
    try:
        guard.require_same(viewer)
        case_actions.open_case(databases.store(), viewer, pseudonym, at=now())
    except AuraError as error:
        outcomes.tell(place, refused=[refusal_in_words(error, databases.zone())])
        return
    outcomes.tell(place, t("case.opened_said"))


def assignees(viewer: Viewer, colleagues: Sequence[Colleague]) -> dict[str, str]:
    """Return who can be given a case by name: the viewer first, then active colleagues."""
    others = {one.name: one.label for one in colleagues if not one.is_disabled}
    return {viewer.name: t("case.me")} | {
        name: label for name, label in others.items() if name != viewer.name
    }


def _assign_fields(viewer: Viewer, case: Case, colleagues: Sequence[Colleague]) -> None:
    names = assignees(viewer, colleagues)
    st.selectbox(
        t("case.assign_to"),
        list(names),
        format_func=lambda name: names.get(name, name),
        key=key(case, "assignee"),
    )


def _note_fields(_viewer: Viewer, case: Case, _colleagues: Sequence[Colleague]) -> None:
    _text(case, "note", "case.note_text", "case.note_help")


def _snooze_fields(_viewer: Viewer, case: Case, _colleagues: Sequence[Colleague]) -> None:
    today = now().astimezone(databases.zone()).date()
    st.date_input(
        t("case.snooze_until"),
        value=today + USUAL_SNOOZE,
        min_value=today + timedelta(days=1),
        max_value=today + LONGEST_SNOOZE - timedelta(days=1),
        format="DD/MM/YYYY",
        key=key(case, "until"),
        help=t("case.snooze_help"),
    )
    _text(case, "reason", "case.snooze_reason", None)


def _close_fields(_viewer: Viewer, case: Case, _colleagues: Sequence[Colleague]) -> None:
    st.selectbox(
        t("case.outcome"),
        list(Outcome),
        index=None,  # an outcome that nobody chose would be a wrong one
        format_func=lambda outcome: t(f"case_outcome.{outcome}"),
        placeholder=t("case.outcome_choose"),
        key=key(case, "outcome"),
    )
    _text(case, "closing", "case.closing_text", "case.closing_help")


def _text(case: Case, name: str, label: str, help_text: str | None) -> None:
    st.text_area(
        t(label),
        key=key(case, name),
        max_chars=LONGEST_NOTE,
        height=90,
        help=help_text and t(help_text),
    )


def _submit_assign(viewer: Viewer, case: Case) -> None:
    assignee = st.session_state[key(case, "assignee")]
    _do(
        viewer,
        case,
        lambda store, who, ref, at: case_actions.assign(store, who, ref, assignee, at=at),
        "assigned_said",
        "assignee",
    )


def _submit_note(viewer: Viewer, case: Case) -> None:
    note = st.session_state[key(case, "note")]
    _do(
        viewer,
        case,
        lambda store, who, ref, at: case_actions.add_note(store, who, ref, note, at=at),
        "noted",
        "note",
    )


def _submit_snooze(viewer: Viewer, case: Case) -> None:
    day = st.session_state[key(case, "until")]
    reason = st.session_state[key(case, "reason")]
    opening = databases.settings().working_hours.shifts[0][0]
    zone = databases.zone()
    until = datetime(day.year, day.month, day.day, opening // 60, opening % 60, tzinfo=zone)
    _do(
        viewer,
        case,
        lambda store, who, ref, at: case_actions.snooze(
            store, who, ref, until=until, reason=reason, at=at
        ),
        "snoozed_said",
        "reason",
    )


def _submit_close(viewer: Viewer, case: Case) -> None:
    chosen = st.session_state[key(case, "outcome")]
    if chosen is None and case["stage"] != CaseStage.CLOSED:
        outcomes.tell(place_of(case["pseudonym"]), refused=[t("case.outcome_missing")])
        return
    outcome = Outcome(chosen or Outcome.ATTENDED)  # a closed case refuses whichever it is
    note = st.session_state[key(case, "closing")]
    _do(
        viewer,
        case,
        lambda store, who, ref, at: case_actions.close(store, who, ref, outcome, note, at=at),
        "closed_said",
        "closing",
    )


def _acknowledge(store: Engine, viewer: Viewer, ref: CaseRef, at: datetime) -> int:
    return case_actions.acknowledge(store, viewer, ref, at=at)


def _resume(store: Engine, viewer: Viewer, ref: CaseRef, at: datetime) -> int:
    return case_actions.unsnooze(store, viewer, ref, at=at)


def _do(viewer: Viewer, case: Case, act: _Act, said: str, form_field: str | None = None) -> None:
    """Do it; once it is done its form closes and is empty, else it stays as it is."""
    state, place = st.session_state, place_of(case["pseudonym"])
    ref = CaseRef(case["id"], case["version"])
    try:
        guard.require_same(viewer)
        act(databases.store(), viewer, ref, now())
    except AuraError as error:
        outcomes.tell(place, refused=[refusal_in_words(error, databases.zone())])
        # A conflict says what a colleague did: the next press knows of it.
        state[key(case, "told")] = isinstance(error, CaseConflict)
        return
    outcomes.tell(place, t(f"case.{said}"))
    if form_field is not None:
        state.pop(key(case, form_field), None)
        state[key(case, "form")] = None


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
