"""Who looks at a page: decided in its first line, before anything is read or drawn.

Until the server's first call of ``st.navigation`` a page is executed without the entry file, so
the entry file alone protects nothing. A page that finds itself alone makes that call and starts
over, now through the entry file.
"""

from __future__ import annotations

import threading
from typing import Final

import streamlit as st

from aura_engine.errors import AuraError
from aura_engine.i18n import t
from aura_engine.settings import LOOPBACK_NAMES
from aura_engine.store.access import LOCAL, Role, Viewer, came_through_a_proxy
from aura_ui import databases
from aura_ui.navigation import pages_without_content

_entered: Final = threading.Event()
"""Set once this process runs the entry file before every page."""


def require_role(allowed: frozenset[Role]) -> Viewer:
    """Return who looks, or end the script with a message for whoever may not.

    Parameters
    ----------
    allowed : frozenset of Role
        Roles that may see the page.
    """
    viewer = current_viewer()
    if not _entered.is_set():
        enter()
        st.navigation(pages_without_content(), position="hidden")
        st.rerun()
    if viewer is None:
        st.error(t("ui.sign_in"), icon=":material/lock:")
        st.stop()
    if viewer.role not in allowed:
        st.error(t("ui.not_for_role", role=t(f"roles.{viewer.role}")), icon=":material/lock:")
        st.stop()
    return viewer


def enter() -> None:
    """Note that the entry file is about to set up the navigation."""
    _entered.set()


def current_viewer() -> Viewer | None:
    """Return who looks: whoever sits at this machine, as long as only this machine is served.

    Returns
    -------
    Viewer or None
        None where the pages can be reached from elsewhere and that was not allowed.
    """
    try:
        allowed = databases.settings().allow_anonymous
    except AuraError:
        allowed = False
    if allowed:
        return LOCAL
    is_local = st.get_option("server.address") in LOOPBACK_NAMES
    return LOCAL if is_local and not came_through_a_proxy(st.context.headers) else None
