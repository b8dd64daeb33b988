"""Whom the pages show is noted before it is read.

Pages are drawn again every few seconds, so not every drawing is a reading: one row a session and
viewer for each person and for each list of a page, and another one where they still look after
`AGAIN`. A row so tells that somebody looked from its moment on for as long as that.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from aura_engine.store import audit
from aura_engine.store.access import Viewer
from aura_ui import databases
from aura_ui.page import now

AGAIN: Final = timedelta(minutes=10)
_NOTED: Final = "audited"
_LOG_NOTED: Final = "audited_log"


def list_shown(viewer: Viewer, page: str, part: str = "") -> None:
    """Note that a page is about to read a list of people.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    page : str
        Its name.
    part : str
        Which list, where the page has several.

    Raises
    ------
    StoreError
        If it could not be noted; then nothing may be read.
    """
    if _is_due(viewer, page, part):
        audit.record_list(databases.store(), viewer, action=page)
        _note(viewer, page, part)


def person_asked_for(viewer: Viewer, page: str, pseudonym: str) -> None:
    """Note that a page is about to read one person's record.

    Parameters
    ----------
    viewer, page
        As of `list_shown`.
    pseudonym : str
        Whose; "" where nobody is asked for.

    Raises
    ------
    StoreError
        If it could not be noted; then nothing may be read.
    """
    if pseudonym and _is_due(viewer, page, pseudonym):
        audit.record_pseudonym(databases.store(), viewer, pseudonym, action=page)
        _note(viewer, page, pseudonym)


def log_shown(viewer: Viewer, page: str) -> None:
    """Note, once a session, that a page is about to read the log of reads itself.

    Raises
    ------
    StoreError
        If it could not be noted; then nothing may be read.
    """
    if st.session_state.get(_LOG_NOTED) != viewer:
        audit.record_log(databases.store(), viewer, action=page)
        st.session_state[_LOG_NOTED] = viewer


def _is_due(viewer: Viewer, page: str, what: str) -> bool:
    noted: dict[object, datetime] = st.session_state.get(_NOTED, {})
    last = noted.get((viewer, page, what))
    return last is None or now() - last >= AGAIN


def _note(viewer: Viewer, page: str, what: str) -> None:
    """Remember a note once it was written."""
    st.session_state.setdefault(_NOTED, {})[viewer, page, what] = now()
