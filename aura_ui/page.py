"""What every page begins and ends with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import streamlit as st
from sqlalchemy import Connection

from aura_engine.i18n import t
from aura_engine.store.access import Viewer
from aura_engine.store.reads import DataVersion, case_version, data_version

DRAWN: Final = "drawn_version"
"""In the session: number of the data version that the page on view shows."""

DRAWN_CASES: Final = "drawn_cases"
"""In the session: mark of all cases as the page on view shows them, if it shows any."""

HELD: Final = "redraw_held_until"
"""In the session: until when news do not redraw the page on view by themselves."""


def now() -> datetime:
    """Return the present, for ages of data; no figure of a person depends on it."""
    return datetime.now(UTC)


def begin(title: str, finding: str | None = None) -> None:
    """Write a page's title and, below it, what it found."""
    st.title(title, anchor=False)
    if finding:
        st.markdown(f"**{finding}**")


def version_on_view(connection: Connection, viewer: Viewer) -> DataVersion | None:
    """Return the version that this page draws, and note it so that a newer one redraws it."""
    version = data_version(connection, viewer)
    st.session_state[DRAWN] = version.number if version else None
    return version


def cases_on_view(connection: Connection, viewer: Viewer) -> None:
    """Note the state of all cases that this page draws, so that an action on one redraws it."""
    st.session_state[DRAWN_CASES] = case_version(connection, viewer)


def hold(seconds: float) -> None:
    """Let no news redraw the page on view for a while: it shows what a redraw would hide."""
    st.session_state[HELD] = now() + timedelta(seconds=seconds)


def release() -> None:
    """Let news redraw the page on view again."""
    st.session_state.pop(HELD, None)


def is_held() -> bool:
    """Tell whether news have to wait before they redraw the page on view."""
    until: datetime | None = st.session_state.get(HELD)
    return until is not None and now() < until


def require_results(connection: Connection, viewer: Viewer, title: str) -> DataVersion:
    """Return the version that this page draws; before the first run, say so and end the page.

    Parameters
    ----------
    connection : Connection
        In which the page reads.
    viewer : Viewer
        Who looks.
    title : str
        Of the page.
    """
    version = version_on_view(connection, viewer)
    if version is None:
        begin(title)
        st.info(t("ui.nothing_yet"), icon=":material/hourglass_empty:")
        end()
        st.stop()
    return version


def end() -> None:
    """Write the line that stands under every page."""
    st.html(f'<p class="aura-note">{t("ui.footer")}</p>')
