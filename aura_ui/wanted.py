"""Where somebody wanted to go before they signed in.

Streamlit brings everybody who signs in to the first page, whatever address they had opened. That
address is remembered in this process for the browser that asked, and followed by the first session
of it that opens the first page. A browser is known by the token of Streamlit's own cookie against
forged requests; each has one address, the last. Whoever's address is forgotten stays on Hoy.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import streamlit as st

from aura_ui.page import now

REMEMBERED: Final = timedelta(minutes=10)
"""For how long somebody may take to sign in."""
MOST: Final = 1_000
"""Addresses at once; whoever asks for more than these makes the oldest be forgotten."""
LONGEST: Final = 2_000
"""Characters of a query; longer ones are of no page of ours."""
_COOKIE: Final = "_streamlit_xsrf"
_LOOKED: Final = "looked_for_wanted"


@dataclass(frozen=True, slots=True)
class Place:
    """An address within the pages.

    Attributes
    ----------
    path : str
        Of the page; empty for the first one.
    query : mapping of str to list of str
        What stands behind it.
    """

    path: str
    query: Mapping[str, list[str]]


class Places:
    """What is remembered, by browser."""

    def __init__(self) -> None:
        self._places: dict[bytes, tuple[Place, datetime]] = {}
        self._lock = threading.Lock()

    def put(self, browser: bytes, place: Place, at: datetime) -> None:
        """Remember a place for a while, instead of any other of that browser.

        Parameters
        ----------
        browser : bytes
            Of `browser`.
        place : Place
            Where it wants to go.
        at : datetime
            Now.
        """
        with self._lock:
            self._places.pop(browser, None)
            self._forget(at)
            while len(self._places) >= MOST:
                del self._places[next(iter(self._places))]
            self._places[browser] = place, at + REMEMBERED

    def take(self, browser: bytes, at: datetime) -> Place | None:
        """Return the place that is remembered for a browser, once."""
        with self._lock:
            self._forget(at)
            found, _ = self._places.pop(browser, (None, at))
            return found

    def _forget(self, at: datetime) -> None:
        for browser in [browser for browser, (_, until) in self._places.items() if until <= at]:
            del self._places[browser]


_places: Final = Places()


def remember() -> None:
    """Remember the address that is open, for whoever is about to sign in.

    On the first page, to which a sign-in that fails leads back, an older address stays.
    """
    asking = browser(st.context.cookies.get(_COOKIE))
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    if asking is None or _is_first_page():
        return
    if len(str(query)) > LONGEST:
        _places.take(asking, now())
        return
    _places.put(asking, Place(_path(), query), now())


def follow(pages: Mapping[str, list[st.Page]]) -> None:
    """Go on to what was asked for before signing in, with the first page of a session.

    Parameters
    ----------
    pages : mapping of str to list of st.Page
        All that there are, by group.
    """
    if _LOOKED in st.session_state:
        return
    st.session_state[_LOOKED] = True
    asking = browser(st.context.cookies.get(_COOKIE))
    place = _places.take(asking, now()) if asking is not None and _is_first_page() else None
    for page in (page for group in pages.values() for page in group):
        if place is not None and page.url_path == place.path:
            st.switch_page(page, query_params=place.query)


def browser(cookie: str | None) -> bytes | None:
    """Return what a browser is known by; None without the cookie, or one of another form.

    Parameters
    ----------
    cookie : str or None
        ``2|mask|masked token|time``, in hexadecimal: another mask with each answer.
    """
    parts = cookie.strip('"').split("|") if isinstance(cookie, str) else []
    if len(parts) != 4 or parts[0] != "2":
        return None
    try:
        mask, masked = (bytes.fromhex(part) for part in parts[1:3])
    except ValueError:
        return None
    if len(mask) != 4 or not masked:
        return None
    return bytes(byte ^ mask[at % 4] for at, byte in enumerate(masked))


def _is_first_page() -> bool:
    return not _path() and not st.query_params


def _path() -> str:
    """Return the page's part of the address; under a base path there is more before it."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    path = urlsplit(st.context.url or "").path.strip("/")
    return path.removeprefix(base).strip("/")
