"""The log of reads on the page of users: filters in the address, a page of rows, a file.

Actors are people too: who is filtered by stays in the session and out of the address, which holds
pseudonyms, actions, kinds and dates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final

import pandas as pd
import streamlit as st

from aura_engine.errors import AccessDenied, AuraError
from aura_engine.i18n import t
from aura_engine.store import audit
from aura_engine.store.pseudonyms import is_pseudonym, read_pseudonym
from aura_engine.store.reads import (
    SUBJECTS,
    AuditActor,
    AuditEntry,
    AuditFilter,
    audit_entries,
)
from aura_ui import databases, guard
from aura_ui.formats import moment, whole
from aura_ui.people import PERSON

ACTION, KIND, SINCE, UNTIL, PAGE = "accion", "tipo", "desde", "hasta", "pagina"
"""Query parameters of the filters, beside `aura_ui.people.PERSON`, and of the page."""
EXPORT_MOST: Final = 50_000
"""Rows that a file holds."""
EXPORTED: Final = "usuarios_csv"
"""How the log names its own export."""
_FIELDS: Final = {name: f"log_{name}" for name in ("actor", PERSON, ACTION, KIND, SINCE, UNTIL)}
"""Keys of the filters' widgets."""
_ACTOR: Final = "log_actor_chosen"
_MALFORMED: Final = "log_malformed"
_FILE: Final = "log_file"
_REFUSED: Final = "log_refused"
_YEARS: Final = range(2000, 3000)
_BEGINS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


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
            placeholder=t("users.whose_placeholder"), key=_FIELDS[PERSON],
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


def entries_table(entries: Sequence[AuditEntry], zone: tzinfo) -> pd.DataFrame:
    """Return rows of the log as a table for people.

    Parameters
    ----------
    entries : sequence of AuditEntry
        Of `aura_engine.store.reads`.
    zone : tzinfo
        Of the reader.
    """
    return pd.DataFrame(
        {
            t("users.moment"): moment(one.at, zone),
            t("users.who"): actor_in_words(one.actor, one.email),
            t("users.role"): role_in_words(one.role),
            t("users.action"): action_in_words(one.action),
            t("users.kind"): t(f"audit_subjects.{one.subject}"),
            t("users.whose"): _about(one),
            t("users.detail"): one.detail or "",
        }
        for one in entries
    )


def entries_csv(entries: Sequence[AuditEntry], zone: tzinfo) -> bytes:
    """Return rows of the log as a file: moments whole, names as the log has them.

    Parameters
    ----------
    entries, zone
        As of `entries_table`.
    """
    table = pd.DataFrame(
        {
            t("users.moment"): one.at.astimezone(zone).isoformat(timespec="seconds"),
            t("users.who"): _plain(one.actor),
            t("users.email"): _plain(one.email),
            t("users.role"): one.role,
            t("users.action"): _plain(one.action),
            t("users.kind"): one.subject,
            t("users.whose"): _plain(_about(one)),
            t("users.detail"): _plain(one.detail),
            t("users.request"): _plain(one.request_id),
        }
        for one in entries
    )
    return str(table.to_csv(index=False)).encode("utf-8-sig")


def export(chosen: AuditFilter, total: int, zone: tzinfo) -> None:
    """Draw the way to a file of what is filtered; making it is noted in the log.

    Parameters
    ----------
    chosen : AuditFilter
        What is filtered.
    total : int
        How many rows that gives.
    zone : tzinfo
        Of the reader.
    """
    st.button(
        t("users.export"),
        key="log_export",
        help=t("users.export_help"),
        icon=":material/ios_share:",
        on_click=prepare,
        args=(chosen, zone),
        disabled=total == 0,
    )
    if refusal := st.session_state.pop(_REFUSED, None):
        st.error(refusal, icon=":material/error:")
    made = st.session_state.get(_FILE)
    if made is None or made[0] != chosen:
        st.session_state.pop(_FILE, None)
        return
    st.download_button(
        t("users.export_download", total=whole(made[1])),
        made[2],
        file_name="aura-registro.csv",
        mime="text/csv",
        key="log_download",
        on_click="ignore",
    )
    if made[1] == EXPORT_MOST:
        st.caption(t("users.export_cut", total=whole(EXPORT_MOST)))


def prepare(chosen: AuditFilter, zone: tzinfo) -> None:
    """Note the export, then read what is filtered and keep the file for this session.

    Parameters
    ----------
    chosen, zone
        As of `export`.
    """
    try:
        viewer = guard.current_viewer()
        if viewer is None:
            raise AccessDenied(t("ui.sign_in"))
        viewer.require_accounts()
        used = [name for name, value in asdict(chosen).items() if value is not None]
        detail = ", ".join(used) or "all"
        audit.record_log(databases.store(), viewer, action=EXPORTED, detail=detail)
        with databases.page_reading() as connection:
            entries = audit_entries(connection, viewer, chosen, limit=EXPORT_MOST)
    except AuraError as error:
        st.session_state[_REFUSED] = str(error)
        return
    st.session_state[_FILE] = (chosen, len(entries), entries_csv(entries, zone))


def actor_in_words(name: str, email: str | None) -> str:
    """Return who an actor of the log is to people."""
    if email is not None:
        return email
    if name in ("local", "cli"):
        return t(f"users.actor_{name}")
    if name.startswith("demo:"):
        return t("users.actor_demo", role=role_in_words(name.removeprefix("demo:")))
    return name


def action_in_words(action: str) -> str:
    """Return what an action of the log is to people; a route stays its pattern."""
    return _known(f"audit_actions.{action}", action)


def role_in_words(role: str) -> str:
    """Return what a role of the log is to people."""
    return _known(f"roles.{role}", role)


def _known(key: str, otherwise: str) -> str:
    try:
        return t(key)
    except KeyError:
        return otherwise


def _about(entry: AuditEntry) -> str:
    if entry.subject == "person":
        return entry.pseudonym or t("users.person_gone")
    return entry.account_email or ""


def _plain(value: str | None) -> str:
    """Return a cell that no spreadsheet takes for a formula: some of it comes from requests."""
    text = value or ""
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text


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
    for key in (*_FIELDS.values(), _ACTOR, _MALFORMED):
        st.session_state.pop(key, None)
    st.query_params.clear()
