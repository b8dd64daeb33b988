"""How much a client may ask for: runs a minute, and bytes a request."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, cast

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aura_engine.i18n import t
from ws_bridge.deps import ViewerDep
from ws_bridge.errors import Refused, problem

POSTS_A_MINUTE: Final = 60
MOST_CLIENTS: Final = 10_000
"""Of which it is known how often they asked; whoever asked longest ago is forgotten first."""
MOST_BYTES: Final = 65_536
"""Of a request's body; no call of the bridge needs one."""


@dataclass
class RateLimit:
    """A bucket of tokens for each client, refilled steadily.

    Parameters
    ----------
    a_minute : int
        Requests, all of which may come at once.
    clock : callable
        Seconds that only go up.
    """

    a_minute: int = POSTS_A_MINUTE
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def seconds_to_wait(self, client: str) -> int:
        """Take one of a client's tokens; return 0, or after how many seconds there is one."""
        now, rate = self.clock(), self.a_minute / 60
        with self._lock:
            held, since = self._buckets.pop(client, (float(self.a_minute), now))
            held = min(self.a_minute, held + (now - since) * rate)
            is_allowed = held >= 1
            self._buckets[client] = (held - 1 if is_allowed else held, now)
            if len(self._buckets) > MOST_CLIENTS:
                self._buckets.popitem(last=False)
        return 0 if is_allowed else math.ceil((1 - held) / rate)


def limited(request: Request, viewer: ViewerDep) -> None:
    """Refuse a client that asks too often.

    Raises
    ------
    Refused
        429, with the seconds to wait.
    """
    peer = request.client.host if request.client else ""
    limit = cast(RateLimit, request.app.state.rate_limit)
    seconds = limit.seconds_to_wait(f"{viewer.name} {peer}")
    if seconds:
        message = t("bridge.too_often", seconds=seconds)
        raise Refused(429, message, headers={"Retry-After": str(seconds)})


LIMITED: Final = [Depends(limited)]
"""Dependencies of a call that is limited."""


class SmallBodies:
    """Refuse requests with a large body, whether it is announced or not.

    Parameters
    ----------
    app : ASGIApp
        What answers the rest.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        got = 0

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > MOST_BYTES:
                raise _too_large()
            return message

        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > MOST_BYTES:
            refused = _too_large()
            await problem(refused.status, refused.message)(scope, receive, send)
        else:
            await self._app(scope, counted, send)


def _too_large() -> Refused:
    return Refused(413, t("bridge.body_too_large", bytes=MOST_BYTES))
