"""A limit to how long a source may take to answer, whatever became of the way to it.

A peer whose bytes something in between swallows looks alive to a socket for ever: neither the
driver nor the server's own timeouts end such a read. Shutting the socket down does.
"""

from __future__ import annotations

import math
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final
from weakref import WeakSet

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_ACTIVE
from sqlalchemy import Engine, event

from aura_engine.logs import get_logger

log = get_logger(__name__)

SILENT_SECONDS: Final = 1200.0
"""After so long without a byte the server is given up: twice what a query of our role may take."""
_LOOK_SECONDS: Final = 0.5
_LINKS: Final = "links"
_LEAST_TO_CONNECT: Final = 2
"""Seconds; the driver takes no less."""
_INFO_BYTES: Final = 56
_SENT, _RECEIVED = 44, 52
"""Where Linux's ``tcp_info`` has the milliseconds since data were last sent and received."""


class _Waiting(threading.local):
    """Until when the current thread waits for a source, by the monotonic clock."""

    until: float | None = None


_waiting = _Waiting()


def with_links(engine: Engine) -> Engine:
    """Return an engine on the same pool that knows its connections, so that they can be cut."""
    links: WeakSet[Any] = WeakSet()
    event.listen(engine, "connect", lambda link, _record: links.add(link))
    event.listen(engine, "do_connect", _connect_in_time)
    return engine.execution_options(**{_LINKS: links})


@contextmanager
def answering_within(engine: Engine, seconds: float | None) -> Iterator[None]:
    """Cut the connections that wait for an answer once this block has gone on for so long.

    Whoever waits gets the driver's error for a connection that the server closed.

    Parameters
    ----------
    engine : Engine
        As of `with_links`.
    seconds : float or None
        After how long. None where an answer may take any time: then only those are cut on which
        not a byte has come for `SILENT_SECONDS`, where the system tells (Linux).
    """
    if seconds is None:
        with _watched(engine, SILENT_SECONDS / 4, SILENT_SECONDS / 40, _is_silent):
            yield
        return
    with _watched(engine, seconds, _LOOK_SECONDS, _is_waited_for):
        _waiting.until = time.monotonic() + seconds
        try:
            yield
        finally:
            _waiting.until = None


@contextmanager
def _watched(
    engine: Engine, first: float, then: float, is_hopeless: Callable[[Any], bool]
) -> Iterator[None]:
    """Look at an engine's connections after some seconds and again and again; cut the hopeless."""
    over = threading.Event()

    def watch() -> None:
        left = first
        while not over.wait(left):
            _cut(engine, is_hopeless)
            left = then

    threading.Thread(target=watch, name="answers", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _is_waited_for(link: Any) -> bool:
    return bool(link.info.transaction_status == TRANSACTION_STATUS_ACTIVE)


def _is_silent(link: Any) -> bool:
    if not hasattr(socket, "TCP_INFO") or not _is_waited_for(link):
        return False
    with socket.socket(fileno=os.dup(link.fileno())) as line:
        told = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
        waits_for_us = select.select([line], [], [], 0)[0]
    since = min(struct.unpack_from("=I", told, place)[0] for place in (_SENT, _RECEIVED))
    return not waits_for_us and bool(since / 1000 > SILENT_SECONDS)


def _connect_in_time(_dialect: Any, _record: Any, _place: Any, options: dict[str, Any]) -> None:
    """Let a new connection take no longer than what is left; there is nothing to cut yet."""
    if _waiting.until is None:
        return
    left = _waiting.until - time.monotonic()
    if left <= 0:
        raise psycopg2.OperationalError("the source did not answer in time")
    options["connect_timeout"] = max(_LEAST_TO_CONNECT, math.ceil(left))


def _cut(engine: Engine, is_hopeless: Callable[[Any], bool]) -> None:
    for link in list(engine.get_execution_options()[_LINKS]):
        with suppress(psycopg2.Error, OSError):  # closed meanwhile, or not over a network
            if is_hopeless(link):
                with socket.socket(fileno=os.dup(link.fileno())) as line:
                    line.shutdown(socket.SHUT_RDWR)
                log.warning("answer_not_waited_for", database=engine.url.database)
