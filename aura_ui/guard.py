"""Who looks at a page: decided in its first line, before anything is read or drawn.

Until the server's first call of ``st.navigation`` a page is executed without the entry file, so
the entry file alone protects nothing. A page that finds itself alone makes that call and starts
over, now through the entry file.
"""

from __future__ import annotations

import threading
from typing import Final

import streamlit as st

from aura_engine.errors import AccessDenied
from aura_engine.i18n import t
from aura_engine.store.access import Role, Viewer
from aura_ui import login, login_page
from aura_ui.navigation import pages_without_content
from aura_ui.page import end

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
        login_page.refuse()
        st.stop()
    if viewer.role not in allowed:
        st.error(t("ui.not_for_role", role=t(f"roles.{viewer.role}")), icon=":material/lock:")
        end()
        st.stop()
    return viewer


def enter() -> None:
    """Note that the entry file is about to set up the navigation."""
    _entered.set()


def current_viewer() -> Viewer | None:
    """Return who looks, or None where nobody who is known here does; see `aura_ui.login`."""
    return login.visitor().viewer


def require_same(viewer: Viewer) -> None:
    """Raise `AccessDenied` unless whom a page was drawn for still looks, and as the same.

    What a widget does runs before its page's first line: it asks by itself.

    Parameters
    ----------
    viewer : Viewer
        Whom the page was drawn for.
    """
    if current_viewer() != viewer:
        raise AccessDenied(t("ui.another_viewer"))


def is_another(viewer: Viewer) -> bool:
    """Tell whether whom a page was drawn for may look no more, or as somebody else.

    While the database that knows them is away they are taken for the same: the page says what is
    missing, and shows nothing new.

    Parameters
    ----------
    viewer : Viewer
        Whom the page was drawn for.
    """
    found = login.visitor()
    return found.refusal is not login.Refusal.UNREACHABLE and found.viewer != viewer
