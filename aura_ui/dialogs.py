"""The one dialog that can be open: a page shows no second one, and none outlives its page's visit.

It is kept in the session, since the pulse may redraw the page while somebody reads or writes in it.
"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

OPEN_DIALOG: Final = "open_dialog"


def show(name: str, about: Any = None) -> None:
    """Open a dialog in place of any other; to be called before the page is drawn.

    Parameters
    ----------
    name : str
        Which one.
    about : object, optional
        What it is about, as it was when the dialog opened.
    """
    st.session_state[OPEN_DIALOG] = (name, about)


def close() -> None:
    """Close the dialog that is open; nothing where none is."""
    st.session_state.pop(OPEN_DIALOG, None)


def is_shown(name: str) -> bool:
    """Tell whether a dialog is the one that is open."""
    return bool(st.session_state.get(OPEN_DIALOG, ("", None))[0] == name)


def about() -> Any:
    """Return what the open dialog is about."""
    return st.session_state[OPEN_DIALOG][1]


def is_any() -> bool:
    """Tell whether some dialog is open."""
    return OPEN_DIALOG in st.session_state
