"""Whom the pages show is noted before it is read.

Pages are drawn again every few seconds, so not every drawing is a reading: one row a session, data
version and viewer, for each person and for each list of a page. Who looks again at what they have
seen learns nothing new; a newer version of the data is noted anew.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from aura_engine.store import audit
from aura_engine.store.access import Viewer
from aura_ui import databases
from aura_ui.page import DRAWN

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
    seen = _seen(viewer)
    if (page, part) not in seen:
        audit.record_list(databases.store(), viewer, action=page)
        seen.add((page, part))


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
    seen = _seen(viewer)
    if pseudonym and (page, pseudonym) not in seen:
        audit.record_pseudonym(databases.store(), viewer, pseudonym, action=page)
        seen.add((page, pseudonym))


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


def _seen(viewer: Viewer) -> set[tuple[str, str]]:
    """Return what this viewer was noted to see in the version of the data that the page draws."""
    of = (viewer, st.session_state.get(DRAWN))
    noted: tuple[object, set[tuple[str, str]]] | None = st.session_state.get(_NOTED)
    if noted is None or noted[0] != of:
        noted = st.session_state[_NOTED] = (of, set())
    return noted[1]
