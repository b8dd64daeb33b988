"""The log of who looked at whom, from pages: once for each look, not for each redraw of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import streamlit as st

from aura_engine.store.access import Viewer
from aura_engine.store.audit import record_list, record_person
from aura_ui import databases

_LOOKED_AT: Final = "audited"


def person_shown(viewer: Viewer, page: str, row: Mapping[str, Any]) -> None:
    """Note that a person's record is about to be shown.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    page : str
        Name of the page.
    row : mapping
        Of the person, with pseudonym and root id.

    Raises
    ------
    StoreError
        If it could not be noted; then nothing may be shown.
    """
    if st.session_state.get(_LOOKED_AT) != (page, row["pseudonym"]):
        record_person(databases.store(), viewer, UUID(row["user_id_raiz"]), action=page)
        st.session_state[_LOOKED_AT] = (page, row["pseudonym"])


def list_shown(viewer: Viewer, page: str, part: str) -> None:
    """Note that a list of people is about to be shown.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    page : str
        Name of the page.
    part : str
        Which list; another one is another look.

    Raises
    ------
    StoreError
        If it could not be noted; then nothing may be shown.
    """
    if st.session_state.get(_LOOKED_AT) != (page, part):
        record_list(databases.store(), viewer, action=page)
        st.session_state[_LOOKED_AT] = (page, part)
