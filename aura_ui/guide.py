"""The counselors' guide, shown beside whatever page is on view; it is read from its file alone."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from aura_engine.i18n import t
from aura_ui import dialogs

GUIDE: Final = Path(__file__).resolve().parents[1] / "docs" / "guia-orientacion.md"
_DIALOG: Final = "guide"


def sidebar() -> None:
    """Draw the button that opens the guide, and the guide while it is open."""
    st.button(
        t("guide.open"),
        key="guide",
        icon=":material/help:",
        on_click=dialogs.show,
        args=(_DIALOG,),
    )
    if dialogs.is_shown(_DIALOG):
        st.dialog(t("guide.title"), width="large", on_dismiss=dialogs.close)(_draw)()


def text() -> str:
    """Return the guide without its title; where it is missing, what to do."""
    try:
        written = GUIDE.read_text(encoding="utf-8")
    except OSError:
        return t("guide.missing", file=f"docs/{GUIDE.name}")
    return written.partition("\n")[2].strip()


def _draw() -> None:
    st.markdown(text())
