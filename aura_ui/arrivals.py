"""Who entered ALTO while somebody looks: a toast that passes, and a count that stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import Final

import streamlit as st
from sqlalchemy import Connection

from aura_engine.domain import RiskLevel
from aura_engine.ensemble import Reason
from aura_engine.i18n import t
from aura_engine.store.access import Viewer
from aura_engine.store.reads import DataVersion, level_changes
from aura_ui import dialogs
from aura_ui.formats import moment, whole
from aura_ui.page import now

TOAST_SECONDS: Final = 12
_STATE: Final = "arrivals"
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What one session has been told.

    Parameters
    ----------
    viewer : Viewer
        To whom.
    version : int
        Number of the data that were looked at last.
    known : frozenset of (str, datetime)
        Pseudonym and moment of who entered ALTO up to then.
    people : frozenset of str
        Pseudonyms of who entered since `since`, however often.
    since : datetime or None
        When the first of them did.
    toast_until : datetime or None
        Until when the toast is drawn; each tick draws it anew, else it would go with the next one.
    """

    viewer: Viewer
    version: int
    known: frozenset[tuple[str, datetime]]
    people: frozenset[str] = frozenset()
    since: datetime | None = None
    toast_until: datetime | None = None


def look(connection: Connection, viewer: Viewer, version: DataVersion) -> None:
    """Note who entered ALTO since this session looked last; its first look tells nobody.

    Parameters
    ----------
    connection : Connection
        In which the pulse reads.
    viewer : Viewer
        Who looks.
    version : DataVersion
        The data in view.
    """
    told: Arrivals | None = st.session_state.get(_STATE)
    if told is not None and told.viewer == viewer and told.version == version.number:
        return
    # A run's changes are as of its beginning, and come into view after those of later batches: a
    # moment alone does not part new from known.
    changes = level_changes(connection, viewer, since=version.results_as_of - _INSTANT)
    entered = frozenset(
        (row["pseudonym"], row["as_of"])
        for row in changes
        if row["cluster_label"] == RiskLevel.ALTO
        and row["had_evidence"]
        and row["reason"] != Reason.MODEL
    )
    if told is None or told.viewer != viewer:
        st.session_state[_STATE] = Arrivals(viewer, version.number, entered)
        return
    found = replace(told, version=version.number, known=entered)
    if new := entered - told.known:
        found = replace(
            found,
            people=told.people | {pseudonym for pseudonym, _ in new},
            since=told.since or min(when for _, when in new),
            toast_until=now() + timedelta(seconds=TOAST_SECONDS),
        )
    st.session_state[_STATE] = found


def tell(zone: tzinfo) -> None:
    """Draw the toast while it is fresh, and the count until somebody has seen it.

    Parameters
    ----------
    zone : tzinfo
        Of the reader.
    """
    told: Arrivals | None = st.session_state.get(_STATE)
    if told is None or not told.people or told.since is None:
        return
    count = len(told.people)
    one = "_one" if count == 1 else ""
    said = t(f"arrivals.count{one}", count=whole(count), when=moment(told.since, zone))
    # A toast takes the place of an open dialog, and of what is half written there.
    if not dialogs.is_any() and told.toast_until is not None and now() < told.toast_until:
        st.toast(said, icon=":material/arrow_upward:", duration=TOAST_SECONDS)
    shape = t(f"levels.{RiskLevel.ALTO}").split()[0]
    st.html(f'<div role="status"><b class="aura-asi alto">{shape}</b> {escape(said)}</div>')
    st.button(t("arrivals.seen"), key="arrivals_seen", icon=":material/check:", on_click=_forget)


def _forget() -> None:
    told: Arrivals = st.session_state[_STATE]
    st.session_state[_STATE] = replace(told, people=frozenset(), since=None, toast_until=None)
