"""What became of an action: told where it was done, in the drawing that follows it and never later.

News do not redraw the page while it is being read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from aura_ui.page import hold

READ_SECONDS: Final = 15.0
"""Time to read a sentence or two before the page may be drawn anew by itself."""
OUTCOME: Final = "outcome"
"""In the session: what became of the last action, until it is told."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an action.

    Parameters
    ----------
    place : str
        Where it was done: a list, or a person's page.
    said : str or None
        What was done.
    refused : tuple of str
        What was not, and why.
    """

    place: str
    said: str | None
    refused: tuple[str, ...]


def tell(place: str, said: str | None = None, refused: Sequence[str] = ()) -> None:
    """Let the next drawing say what became of an action; for a callback.

    Parameters
    ----------
    place : str
        Where it was done.
    said : str, optional
        What was done.
    refused : sequence of str
        What was not, and why.
    """
    st.session_state[OUTCOME] = Outcome(place, said, tuple(refused))


def show(place: str) -> bool:
    """Say what became of the action that was just done here, and tell whether there was one.

    Whatever was done elsewhere is over.

    It has a place of its own among what is drawn: were the rest to move, the browser would make it
    anew, and what is being typed or selected there would be lost.
    """
    outcome: Outcome | None = st.session_state.pop(OUTCOME, None)
    with st.container():
        if outcome is None or outcome.place != place:
            return False
        for refusal in outcome.refused:
            st.error(refusal, icon=":material/error:")
        if outcome.said:
            st.caption(outcome.said)
    hold(READ_SECONDS)
    return True
