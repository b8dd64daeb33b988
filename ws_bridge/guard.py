"""What stands before every route: who may ask at all, and how an answer may be used.

Nobody signs in while only this machine can reach the bridge. A web page that the browser was
tricked into taking for this machine, and a proxy that brings in others, are therefore refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.settings import LOOPBACK_NAMES
from aura_engine.store.access import came_through_a_proxy
from ws_bridge.documentation import PAGES, STATIC
from ws_bridge.errors import problem, where

log = get_logger(__name__)

_NAMES: Final = "|".join(re.escape(f"[{n}]" if ":" in n else n) for n in sorted(LOOPBACK_NAMES))
_LOOPBACK_HOST: Final = re.compile(rf"(?:{_NAMES})(?::[0-9]{{1,5}})?", re.IGNORECASE)
_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_POLICY_OF_PAGES: Final = (
    f"{_POLICY}; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:"
)
PICTURES: Final = "/api/v1/clustering/visualize/"
_ONLY_READ: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class LocalOnly:
    """Refuse what did not come from this machine as such.

    Parameters
    ----------
    app : ASGIApp
        What answers the rest.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        reason = None if scope["type"] == "lifespan" else _reason_against(Headers(scope=scope))
        if reason is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await problem(403, t(reason))(scope, receive, send)


def _reason_against(headers: Headers) -> str | None:
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not _LOOPBACK_HOST.fullmatch(hosts[0]):
        return "bridge.foreign_host"
    if came_through_a_proxy(headers):
        return "bridge.forwarded"
    return None


class KnownPages:
    """Refuse what changes something when another site's page asks for it.

    A browser sends such a request whatever the answer says of origins, with the rights of whoever
    sits at it.

    Parameters
    ----------
    app : ASGIApp
        What answers the rest.
    origins : sequence of str
        Of the web pages that may ask, besides the bridge's own.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str] = ()) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] == "http" and scope["method"] not in _ONLY_READ:
            headers = Headers(scope=scope)
            if not all(self._is_known(origin, headers) for origin in headers.getlist("origin")):
                await problem(403, t("bridge.foreign_page"))(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_known(self, origin: str, headers: Headers) -> bool:
        try:
            host = urlsplit(origin).netloc.lower()
        except ValueError:  # nothing that a browser sends
            return False
        return origin.lower() in self._origins or headers.getlist("host") == [host] != [""]


class SafeAnswers:
    """Add the headers that keep answers out of other pages, and out of shared caches.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    frames : sequence of str
        Origins of the web pages that may show a figure in a frame.
    """

    def __init__(self, app: ASGIApp, frames: Sequence[str] = ()) -> None:
        self._app = app
        ancestors = " ".join(("'self'", *frames))
        self._policy_of_pictures = (
            f"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors {ancestors}; "
            "base-uri 'none'; form-action 'none'"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope.get("path", "")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                kind = headers.get("content-type", "")
                # What is unchanged keeps the headers of this answer, not those of the first one.
                is_shown = message["status"] == 304 or kind.startswith("text/html")
                is_picture = path.startswith(PICTURES) and is_shown
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                if is_picture:
                    del headers["X-Frame-Options"]  # the policy says whose frames, which it cannot
                    policy = self._policy_of_pictures
                else:
                    policy = _POLICY_OF_PAGES if path in PAGES else _POLICY
                headers.setdefault("Content-Security-Policy", policy)
                if not path.startswith(f"{STATIC}/"):
                    headers.setdefault("Cache-Control", "private, no-cache")
            await send(message)

        await self._app(scope, receive, with_headers)


class LastResort:
    """Turn a defect into an answer, and log it with the route's pattern."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def watched(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # the last stop before the server's own words
            if has_started:
                raise
            log.error("request_failed", exc_info=error, **where(Request(scope)))
            await problem(500, t("bridge.unexpected"))(scope, receive, send)
