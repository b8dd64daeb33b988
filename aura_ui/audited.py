"""Whom the pages show is noted before it is read.

Pages are drawn again every few seconds, so not every drawing is a reading: one row a session, data
version and viewer, for each person and for each page with a list. Who looks again at what they have
seen learns nothing new; a newer version of the data is noted anew.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from aura_engine.store import audit
from aura_engine.store.access import Viewer
from aura_engine.store.reads import DataVersion
from aura_ui import databases

_NOTED: Final = "audited"
_LOG_NOTED: Final = "audited_log"


def note_list(viewer: Viewer, version: DataVersion, page: str) -> None:
    """Note that a page is about to read a list of people.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    version : DataVersion
        Which the page draws.
    page : str
        Its name.

    Raises
    ------
    StoreError
        If it could not be noted; then nothing may be read.
    """
    if _is_first(viewer, version.number, page, None):
        audit.record_list(databases.store(), viewer, action=page)
        _remember(page, None)


def note_person(viewer: Viewer, version: DataVersion, page: str, pseudonym: str) -> None:
    """Note that a page is about to read one person's record.

    Parameters
    ----------
    viewer, version, page
        As of `note_list`.
    pseudonym : str
        Whose; "" where nobody is asked for.

    Raises
    ------
    StoreError
        If it could not be noted; then nothing may be read.
    """
    if pseudonym and _is_first(viewer, version.number, page, pseudonym):
        audit.record_pseudonym(databases.store(), viewer, pseudonym, action=page)
        _remember(page, pseudonym)


def note_log(viewer: Viewer, page: str) -> None:
    """Note, once a session, that a page is about to read the log of reads itself.

    Raises
    ------
    StoreError
        If it could not be noted; then nothing may be read.
    """
    if st.session_state.get(_LOG_NOTED) != viewer:
        audit.record_log(databases.store(), viewer, action=page)
        st.session_state[_LOG_NOTED] = viewer


def _is_first(viewer: Viewer, number: int, page: str, pseudonym: str | None) -> bool:
    of, seen = st.session_state.get(_NOTED, (None, set()))
    if of != (viewer, number):
        st.session_state[_NOTED] = ((viewer, number), set())
        return True
    return (page, pseudonym) not in seen


def _remember(page: str, pseudonym: str | None) -> None:
    st.session_state[_NOTED][1].add((page, pseudonym))
