"""Widgets that go back to what they show when nothing is chosen."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st


def let_go(plain: Mapping[str, object]) -> None:
    """Let widgets hold nothing that was chosen; for a button's callback.

    A value is set and not dropped, since the browser would send a dropped one again.

    Parameters
    ----------
    plain : mapping
        What each shows when nothing is chosen, by its key; those not on view are left alone.
    """
    for key, value in plain.items():
        if key in st.session_state:
            st.session_state[key] = value
