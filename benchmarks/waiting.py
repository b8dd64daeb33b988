"""How long a process waits for PostgreSQL, seen from the driver."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg2.extensions
from sqlalchemy import Engine, event

_WORTH_COUNTING: Final = 0.0005
"""Seconds: most rows are only put aside until a piece is full."""


class Waits:
    """Stretches of time in which a thread stood in a call to the driver.

    What the thread itself computed in a call, such as making Python values of rows, is not
    waiting, nor is what it does with rows that are handed to it while they arrive.
    """

    def __init__(self) -> None:
        self._stretches: list[tuple[float, float]] = []

    def call(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call a function of the driver and remember how long its thread waited in it."""
        takers = [Taker(one) if _only_takes(one) else one for one in arguments]
        taken = [taker for taker in takers if isinstance(taker, Taker)]
        started, computed = time.perf_counter(), time.thread_time()
        try:
            return function(*takers, **named)
        finally:
            computed = time.thread_time() - computed - sum(taker.computed for taker in taken)
            begin = started + max(0.0, computed)
            for stretch in (stretch for taker in taken for stretch in taker.stretches):
                self._stretches.append((begin, stretch[0]))
                begin = max(begin, stretch[1])
            self._stretches.append((begin, time.perf_counter()))

    @property
    def seconds(self) -> float:
        """Wall time in which at least one thread waited; what overlaps counts once."""
        total, reached = 0.0, 0.0
        for begin, end in sorted(self._stretches):
            total += max(0.0, end - max(begin, reached))
            reached = max(reached, end)
        return total


class Taker:
    """Stands before whatever COPY writes to, and remembers when that was at work.

    Attributes
    ----------
    stretches : list of (float, float)
        Begin and end of each piece of work worth counting.
    computed : float
        Processor time of these pieces.
    """

    def __init__(self, taker: Any) -> None:
        self._taker = taker
        self.stretches: list[tuple[float, float]] = []
        self.computed = 0.0

    def write(self, row: bytes) -> Any:
        """Hand a row on."""
        begun, computed = time.perf_counter(), time.thread_time()
        done = self._taker.write(row)
        ended = time.perf_counter()
        if ended - begun > _WORTH_COUNTING:
            self.stretches.append((begun, ended))
            self.computed += time.thread_time() - computed
        return done


def _only_takes(argument: Any) -> bool:
    return hasattr(argument, "write") and not hasattr(argument, "read")


@contextmanager
def waits_for_postgres() -> Iterator[Waits]:
    """Watch all connections that are made from here on in this process, of whichever engine."""
    waits = Waits()

    class Cursor(psycopg2.extensions.cursor):  # type: ignore[misc]
        def execute(self, *arguments: Any, **named: Any) -> Any:
            return waits.call(super().execute, *arguments, **named)

        def copy_expert(self, *arguments: Any, **named: Any) -> Any:
            return waits.call(super().copy_expert, *arguments, **named)

        def fetchmany(self, *arguments: Any, **named: Any) -> Any:
            return waits.call(super().fetchmany, *arguments, **named)

    class Connection(psycopg2.extensions.connection):  # type: ignore[misc]
        def commit(self) -> None:
            waits.call(super().commit)

        def rollback(self) -> None:
            waits.call(super().rollback)

    def watch(_dialect: Any, _record: Any, _arguments: Any, named: dict[str, Any]) -> None:
        named |= {"connection_factory": Connection, "cursor_factory": Cursor}

    event.listen(Engine, "do_connect", watch)
    try:
        yield waits
    finally:
        event.remove(Engine, "do_connect", watch)
