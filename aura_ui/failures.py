"""What went wrong, in words: no stack trace reaches a reader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import streamlit as st

from aura_engine.errors import AuraError, StoreError
from aura_engine.i18n import t
from aura_engine.logs import error_text, get_logger
from aura_ui.page import end

log = get_logger(__name__)

FAILED: Final = "page_failed"
"""In the session: the page on view could not be read, so the next good tick draws it anew."""


@contextmanager
def explained(*, is_page: bool = True) -> Iterator[None]:
    """Show an error that the engine raised on purpose, and end the page there.

    Parameters
    ----------
    is_page : bool
        Whether it is the page that ends, with what stands under every one, or a part of it.
    """
    try:
        yield
    except AuraError as error:
        log.warning("page_failed", kind=type(error).__name__, reason=str(error))
        st.session_state[FAILED] = isinstance(error, StoreError)
        st.error(str(error), icon=":material/error:")
        if st.session_state[FAILED]:
            st.caption(t("ui.recovers"))
        if is_page:
            end()
        st.stop()


@contextmanager
def last_resort() -> Iterator[None]:
    """Show a defect as one, in the reader's language; the log holds the rest."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 -- the last stop before the server's own words
        log.error("page_broken", kind=type(error).__name__, trace=error_text(error))
        st.error(t("ui.unexpected"), icon=":material/error:")
