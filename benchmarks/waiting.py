"""How long a process waits for PostgreSQL, seen from the driver."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2.extensions
from sqlalchemy import Engine, event


class Waits:
    """Stretches of time in which a thread stood in a call to the driver.

    What the thread itself computed in a call, such as making Python values of rows, is not
    waiting: each stretch is shorter by the processor time of its thread.
    """

    def __init__(self) -> None:
        self._stretches: list[tuple[float, float]] = []

    def call(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call a function of the driver and remember how long its thread waited in it."""
        started, computed = time.perf_counter(), time.thread_time()
        try:
            return function(*arguments, **named)
        finally:
            computed = time.thread_time() - computed
            self._stretches.append((started + computed, time.perf_counter()))

    @property
    def seconds(self) -> float:
        """Wall time in which at least one thread waited; what overlaps counts once."""
        total, reached = 0.0, 0.0
        for begin, end in sorted(self._stretches):
            total += max(0.0, end - max(begin, reached))
            reached = max(reached, end)
        return total


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
