"""The counselors' guide, shown beside whatever page is on view; it is read from its file alone."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from aura_engine.i18n import t

GUIDE: Final = Path(__file__).resolve().parents[1] / "docs" / "guia-orientacion.md"
_OPEN: Final = "guide_open"


def sidebar() -> None:
    """Draw the button that opens the guide, and the guide while it is open."""
    # A callback and a mark in the session: the pulse may redraw the page while somebody reads.
    st.button(t("guide.open"), key="guide", icon=":material/help:", on_click=_open)
    if is_open():
        st.dialog(t("guide.title"), width="large", on_dismiss=_close)(_draw)()


def is_open() -> bool:
    """Tell whether the guide is on view: a page can show one dialog at a time."""
    return bool(st.session_state.get(_OPEN))


def text() -> str:
    """Return the guide without its title; where it is missing, what to do."""
    try:
        written = GUIDE.read_text(encoding="utf-8")
    except OSError:
        return t("guide.missing", file=f"docs/{GUIDE.name}")
    return written.partition("\n")[2].strip()


def _draw() -> None:
    st.markdown(text())


def _open() -> None:
    st.session_state[_OPEN] = True


def _close() -> None:
    st.session_state.pop(_OPEN, None)
