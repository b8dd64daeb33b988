"""Which rows of the log of reads are shown: what the address says, and who is chosen beside it.

Actors are people too: who is filtered by stays in the session and out of the address, which holds
pseudonyms, actions, kinds and dates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final

import streamlit as st

from aura_engine.i18n import t
from aura_engine.store.pseudonyms import is_pseudonym, read_pseudonym
from aura_engine.store.reads import SUBJECTS, AuditActor, AuditFilter
from aura_ui.audit_words import action_in_words, actor_in_words
from aura_ui.people import PERSON
from aura_ui.plain import let_go

ACTION, KIND, SINCE, UNTIL, PAGE = "accion", "tipo", "desde", "hasta", "pagina"
"""Query parameters of the filters, beside `aura_ui.people.PERSON`, and of the page."""
_FIELDS: Final = {name: f"log_{name}" for name in ("actor", PERSON, ACTION, KIND, SINCE, UNTIL)}
"""Keys of the filters' widgets."""
_ACTOR: Final = "log_actor_chosen"
_MALFORMED: Final = "log_malformed"
_YEARS: Final = range(2000, 3000)


def wanted(params: Mapping[str, str], zone: tzinfo) -> AuditFilter:
    """Return the filter that an address asks for; what is none of ours asks for nothing.

    Parameters
    ----------
    params : mapping
        Of the address.
    zone : tzinfo
        Of the reader, whose days the dates are.
    """
    asked = read_pseudonym(params.get(PERSON, ""))
    action, kind = params.get(ACTION, ""), params.get(KIND, "")
    since, until = _day(params.get(SINCE)), _day(params.get(UNTIL))
    return AuditFilter(
        pseudonym=asked if is_pseudonym(asked) else None,
        action=action if action and action.isprintable() else None,
        subject=kind if kind in SUBJECTS else None,
        since=None if since is None else datetime.combine(since, time.min, zone),
        until=None
        if until is None
        else datetime.combine(until + timedelta(days=1), time.min, zone),
    )


def wanted_here(zone: tzinfo) -> AuditFilter:
    """Return the filter of this session: that of its address, and who was chosen beside it."""
    return replace(wanted(st.query_params, zone), actor=st.session_state.get(_ACTOR))


def filters(actors: Sequence[AuditActor], actions: Sequence[str]) -> None:
    """Draw the filters.

    Parameters
    ----------
    actors, actions
        Of `aura_engine.store.reads`: what there is to choose from.
    """
    names = [one.name for one in actors]
    emails = {one.name: one.email for one in actors}
    params = st.query_params
    with st.form("log_filters", border=False):
        left, middle, right = st.columns(3)
        left.selectbox(
            t("users.who"), names,
            index=_place(names, st.session_state.get(_ACTOR)),
            format_func=lambda name: actor_in_words(name, emails.get(name)),
            placeholder=t("users.anyone"), key=_FIELDS["actor"],
        )  # fmt: skip
        left.text_input(
            t("users.whose"), value=wanted(params, UTC).pseudonym or "",
            placeholder=t("users.whose_placeholder"), max_chars=12, key=_FIELDS[PERSON],
        )  # fmt: skip
        middle.selectbox(
            t("users.action"), actions, index=_place(actions, params.get(ACTION)),
            format_func=action_in_words, placeholder=t("users.any"), key=_FIELDS[ACTION],
        )  # fmt: skip
        middle.selectbox(
            t("users.kind"), SUBJECTS, index=_place(SUBJECTS, params.get(KIND)),
            format_func=lambda one: t(f"audit_subjects.{one}"),
            placeholder=t("users.any"), key=_FIELDS[KIND],
        )  # fmt: skip
        for name, label in ((SINCE, t("users.since")), (UNTIL, t("users.until"))):
            right.date_input(
                label, value=_day(params.get(name)), format="DD/MM/YYYY", key=_FIELDS[name]
            )
        with st.container(horizontal=True):
            st.form_submit_button(t("users.apply"), type="primary", on_click=_apply)
            st.form_submit_button(t("users.clear"), on_click=_clear)
    if st.session_state.get(_MALFORMED):
        st.warning(t("users.whose_malformed"), icon=":material/search:")


def _day(given: str | None) -> date | None:
    try:
        day = date.fromisoformat(given or "")
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _place(options: Sequence[str], chosen: str | None) -> int | None:
    return options.index(chosen) if chosen in options else None


def _apply() -> None:
    state = st.session_state
    given: dict[str, Any] = {name: state.get(key) for name, key in _FIELDS.items()}
    typed = read_pseudonym(given[PERSON] or "")
    state[_MALFORMED] = bool(typed) and not is_pseudonym(typed)
    state[_ACTOR] = given["actor"]
    params = {
        PERSON: typed if is_pseudonym(typed) else None,
        ACTION: given[ACTION],
        KIND: given[KIND],
        SINCE: given[SINCE] and given[SINCE].isoformat(),
        UNTIL: given[UNTIL] and given[UNTIL].isoformat(),
    }
    st.query_params.from_dict({name: value for name, value in params.items() if value})


def _clear() -> None:
    let_go({key: "" if name == PERSON else None for name, key in _FIELDS.items()})
    for noted in (_ACTOR, _MALFORMED):
        st.session_state.pop(noted, None)
    st.query_params.clear()
