"""What belongs to one visit of a page, and is over once another page is opened.

Whoever leaves a page by a link closes what was open on it without a word to the server.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from aura_ui import case_lists, map_view, today, worklist
from aura_ui.dialogs import OPEN_DIALOG
from aura_ui.identity_panel import SENT
from aura_ui.outcomes import OUTCOME

_PAGE: Final = "page_visited"
_OF_A_VISIT: Final = (
    OPEN_DIALOG, OUTCOME, SENT, worklist.PICKED, case_lists.PICKED, map_view.KEPT, today.NUMBERS,
)  # fmt: skip


def arrive(page: str) -> None:
    """Note which page is about to be drawn; what was left open on another one is over.

    Parameters
    ----------
    page : str
        Its path in the address.
    """
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        for name in _OF_A_VISIT:
            st.session_state.pop(name, None)
