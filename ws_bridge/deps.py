"""What routes are given: the store, the settings, who asks, and the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from threading import BoundedSemaphore
from typing import Annotated, Final, cast

from fastapi import Depends, Request
from sqlalchemy import Engine

from aura_engine.i18n import t
from aura_engine.settings import Settings
from aura_engine.store.access import Viewer
from ws_bridge.auth import Gate, bearer
from ws_bridge.errors import Refused
from ws_bridge.sockets import Sockets

MAX_STREAMS: Final = 4
"""Whole lists that are sent at the same time; each holds one of the store's ten connections."""
RETRY_SECONDS: Final = 5


def store_of(request: Request) -> Engine:
    """Return the engine of the analytics database."""
    return cast(Engine, request.app.state.store)


def settings_of(request: Request) -> Settings:
    """Return the settings of this process."""
    return cast(Settings, request.app.state.settings)


def viewer_of(request: Request) -> Viewer:
    """Return who asks.

    Raises
    ------
    Refused
        401 without a token that holds.
    AccessDenied
        If it holds, and its owner may not look.
    """
    gate = cast(Gate, request.app.state.gate)
    return gate.caller(bearer(request.headers.getlist("authorization")), request).viewer


def request_id_of(request: Request) -> str:
    """Return the number under which this request stands in the logs."""
    return cast(str, request.state.request_id)


def sockets_of(request: Request) -> Sockets:
    """Return the sockets of this process."""
    return cast(Sockets, request.app.state.sockets)


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def until_sent() -> Iterator[ExitStack]:
    """Yield what is closed once the answer was sent, or its reader has gone.

    Nothing is opened here: a connection that is held while its request waits for a thread could
    keep all other requests from ever getting theirs.
    """
    with ExitStack() as stack:
        yield stack


@contextmanager
def a_stream(request: Request) -> Iterator[None]:
    """Hold one of the places for whole lists.

    Raises
    ------
    Refused
        If all are taken: they must not keep ``/health`` waiting for a connection.
    """
    places = cast(BoundedSemaphore, request.app.state.streams)
    if not places.acquire(blocking=False):
        headers = {"Retry-After": str(RETRY_SECONDS)}
        raise Refused(503, t("bridge.too_many_lists"), headers=headers)
    try:
        yield
    finally:
        places.release()


StoreDep = Annotated[Engine, Depends(store_of)]
SettingsDep = Annotated[Settings, Depends(settings_of)]
ViewerDep = Annotated[Viewer, Depends(viewer_of)]
SocketsDep = Annotated[Sockets, Depends(sockets_of)]
NowDep = Annotated[datetime, Depends(now)]
UntilSentDep = Annotated[ExitStack, Depends(until_sent)]
