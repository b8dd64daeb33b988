"""A limit to how long a source may take to answer, whatever became of the way to it.

A peer whose bytes something in between swallows looks alive to a socket for ever: neither the
driver nor the server's own timeouts end such a read. Shutting the socket down does.
"""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final
from weakref import WeakSet

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_ACTIVE
from sqlalchemy import Engine, event

from aura_engine.logs import get_logger

log = get_logger(__name__)

_LOOK_SECONDS: Final = 0.5
_LINKS: Final = "links"
_LEAST_TO_CONNECT: Final = 2
"""Seconds; the driver takes no less."""


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
        After how long; None where an answer may take any time.
    """
    if seconds is None:
        yield
        return
    over = threading.Event()

    def watch() -> None:
        left: float = seconds
        while not over.wait(left):
            _cut(engine)
            left = _LOOK_SECONDS

    threading.Thread(target=watch, name="answers", daemon=True).start()
    _waiting.until = time.monotonic() + seconds
    try:
        yield
    finally:
        _waiting.until = None
        over.set()


def _connect_in_time(_dialect: Any, _record: Any, _place: Any, options: dict[str, Any]) -> None:
    """Let a new connection take no longer than what is left; there is nothing to cut yet."""
    if _waiting.until is None:
        return
    left = _waiting.until - time.monotonic()
    if left <= 0:
        raise psycopg2.OperationalError("the source did not answer in time")
    options["connect_timeout"] = max(_LEAST_TO_CONNECT, math.ceil(left))


def _cut(engine: Engine) -> None:
    for link in list(engine.get_execution_options()[_LINKS]):
        with suppress(psycopg2.Error, OSError):  # closed meanwhile
            if link.info.transaction_status == TRANSACTION_STATUS_ACTIVE:
                with socket.socket(fileno=os.dup(link.fileno())) as line:
                    line.shutdown(socket.SHUT_RDWR)
                log.warning("answer_not_waited_for", database=engine.url.database)
