"""The case clock: deadlines, escalations and the end of snoozes, looked at every minute.

A case waits for somebody to acknowledge it. How long it may is working time and depends on its
priority: `LIMITS`. Once that is over it is escalated to the supervisor, and once as much again is
over, a second time. Cases to review wait in a list of their own without a deadline. Each step
is one transaction of at most `BATCH` cases, skips cases that somebody works on at that moment, and
changes nothing when it is repeated: two clocks, or one that was killed, do no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from aura_engine.domain import URGENT_ASI
from aura_engine.sql import load_queries
from aura_engine.store.case_notices import announce
from aura_engine.store.cases import REOPEN_WITHIN, Priority, erase_cases, note_actions
from aura_engine.store.failures import store_errors
from aura_engine.working_hours import WorkingHours

_QUERIES: Final = load_queries("store_case_clock")
LIMITS: Final = MappingProxyType(
    {Priority.URGENT: timedelta(hours=4), Priority.HIGH: timedelta(hours=8)}
)
"""Working time in which a case must be acknowledged."""
TOP_LEVEL: Final = 2
"""Escalations of one wait."""
BATCH: Final = 500
"""Cases of one transaction."""
MATERIAL_RISE: Final = 10.0
"""A rise of the ASI that ends a snooze early and opens a closed case again; as much as makes
another alert. Where less than twice as much is left up to 100, half of it is enough,"""
LEAST_RISE: Final = 1.0
"""but no less than this, which readers see: at the end of the scale nothing rises any more, and a
case that is closed there stays so until the person has left ALTO and come back."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What one look of the clock changed: counts of cases, and of new notices."""

    alerted: int
    handed_back: int
    reopened: int
    raised: int
    timed: int
    escalated: int
    returned: int
    erased: int
    announced: int


def tick(store: Engine, *, now: datetime, working: WorkingHours, channels: Sequence[str]) -> Tick:
    """Bring all cases to where they must be at a moment.

    Parameters
    ----------
    store : Engine
        The analytics database.
    now : datetime
        The moment.
    working : WorkingHours
        In which deadlines run.
    channels : sequence of str
        Through which urgent cases are announced; none where none is configured.
    """
    with store_errors():
        with store.begin() as connection:
            erased = erase_cases(connection, as_of=now)
        steps = _Steps(store, now, working)
        alerted = steps.open_alerted()
        handed_back = steps.hand_back()
        reopened = steps.reopen_risen()
        returned = steps.end_snoozes()
        raised = steps.raise_risen()
        timed = steps.set_deadlines()
        escalated = steps.escalate()
        with store.begin() as connection:
            announced = announce(connection, now=now, channels=channels)
    return Tick(
        alerted, handed_back, reopened, raised, timed, escalated, returned, erased, announced
    )


def level_at(due_at: datetime, limit: timedelta, *, now: datetime, working: WorkingHours) -> int:
    """Return how often a case that still waits must have been escalated.

    Parameters
    ----------
    due_at : datetime
        By when it should have been acknowledged.
    limit : timedelta
        Working time that its priority allows.
    now : datetime
        The moment.
    working : WorkingHours
        In which deadlines run.
    """
    if now < due_at:
        return 0
    return 1 if working.between(due_at, now) < limit else TOP_LEVEL


def deadline(priority: Priority, waiting_since: datetime, working: WorkingHours) -> datetime | None:
    """Return by when a case must be acknowledged; None for those that have no deadline.

    Parameters
    ----------
    priority : Priority
        Of the case.
    waiting_since : datetime
        When it was opened, reopened, or came back from a snooze.
    working : WorkingHours
        In which deadlines run.
    """
    limit = LIMITS.get(priority)
    return None if limit is None else working.after(waiting_since, limit)


@dataclass(frozen=True, slots=True)
class _Steps:
    """One look's steps, each over all cases that it concerns."""

    store: Engine
    now: datetime
    working: WorkingHours

    def open_alerted(self) -> int:
        def change(connection: Connection, rows: Sequence[Any]) -> int:
            priorities = [
                Priority.URGENT if row.priority == "URGENT" else Priority.HIGH for row in rows
            ]
            self._write(connection, "open_alerted", rows, priorities=priorities)
            note_actions(connection, _ids(rows), "abierto", at=self.now)
            return len(rows)

        return self._walk("alerted", change)

    def end_snoozes(self) -> int:
        def change(connection: Connection, rows: Sequence[Any]) -> int:
            self._write(connection, "end_snoozes", rows)
            for is_over, action in (
                (True, "posposicion_vencida"),
                (False, "posposicion_interrumpida"),
            ):
                ended = _ids([row for row in rows if row.is_over == is_over])
                note_actions(connection, ended, action, at=self.now)
            return len(rows)

        return self._walk("snoozes_over", change, rise=MATERIAL_RISE, least=LEAST_RISE)

    def hand_back(self) -> int:
        """Let cases wait again whose holder can look after them no more."""

        def change(connection: Connection, rows: Sequence[Any]) -> int:
            self._write(connection, "hand_back", rows)
            note_actions(connection, _ids(rows), "sin_responsable", at=self.now)
            return len(rows)

        return self._walk("left_alone", change)

    def reopen_risen(self) -> int:
        """Open closed cases again of people who stayed in ALTO and became more severe."""

        def change(connection: Connection, rows: Sequence[Any]) -> int:
            priorities = [
                Priority.URGENT if row.severity_index > URGENT_ASI else Priority.HIGH
                for row in rows
            ]
            self._write(connection, "return", rows, priorities=priorities)
            note_actions(connection, _ids(rows), "reabierto", at=self.now)
            return len(rows)

        risen = {"rise": MATERIAL_RISE, "least": LEAST_RISE}
        since = self.now - REOPEN_WITHIN
        return self._walk("closed_and_risen", change, **risen, closed_since=since)

    def raise_risen(self) -> int:
        def change(connection: Connection, rows: Sequence[Any]) -> int:
            urgent = self.working.after(self.now, LIMITS[Priority.URGENT])
            due = [
                min(urgent, row.due_at or self._due(Priority.HIGH, row.waiting_since))
                for row in rows
            ]
            self._write(connection, "raise", rows, due=due)
            note_actions(connection, _ids(rows), "prioridad_urgente", at=self.now)
            return len(rows)

        return self._walk("risen", change, urgent=URGENT_ASI)

    def set_deadlines(self) -> int:
        def change(connection: Connection, rows: Sequence[Any]) -> int:
            due = [self._due(row.priority, row.waiting_since) for row in rows]
            self._write(connection, "time", rows, due=due)
            return len(rows)

        return self._walk("untimed", change)

    def escalate(self) -> int:
        def change(connection: Connection, rows: Sequence[Any]) -> int:
            levels = {
                row.id: level_at(
                    row.due_at,
                    LIMITS[Priority(row.priority)],
                    now=self.now,
                    working=self.working,
                )
                for row in rows
            }
            late = [row for row in rows if levels[row.id] > row.escalation_level]
            self._write(connection, "escalate", late, levels=[levels[row.id] for row in late])
            for level in range(1, TOP_LEVEL + 1):
                reached = [row for row in late if row.escalation_level < level <= levels[row.id]]
                note_actions(connection, _ids(reached), f"escalado_{level}", at=self.now)
            return len(late)

        return self._walk("overdue", change, top=TOP_LEVEL)

    def _due(self, priority: str, waiting_since: datetime) -> datetime:
        return self.working.after(waiting_since, LIMITS[Priority(priority)])

    def _write(
        self, connection: Connection, query: str, rows: Sequence[Any], **values: list[Any]
    ) -> None:
        parameters = {"now": self.now, "cases": _ids(rows), **values}
        connection.execute(text(_QUERIES[query]), parameters)

    def _walk(
        self,
        query: str,
        change: Callable[[Connection, Sequence[Any]], int],
        **parameters: object,
    ) -> int:
        """Change what a query finds, batch by batch, each in a transaction of its own."""
        changed, after = 0, 0
        while True:
            with self.store.begin() as connection:
                found = {"now": self.now, "after": after, "batch": BATCH, **parameters}
                rows = connection.execute(text(_QUERIES[query]), found).all()
                changed += change(connection, rows) if rows else 0
            if len(rows) < BATCH:
                return changed
            after = rows[-1].id


def _ids(rows: Sequence[Any]) -> list[int]:
    return [row.id for row in rows]
