"""Whom a team has to look at, who is in it, and how much each of them holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from aura_engine.store.access import Role, Viewer
from aura_engine.store.actors import actor_label
from aura_engine.store.cases import REOPEN_WITHIN
from aura_engine.store.reads.cases import case_query
from aura_engine.store.reads.scope import without_identity

CLOSED_WITHIN: Final = timedelta(days=7)
"""Closed cases count as recent work this long."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works with people.

    Parameters
    ----------
    name : str
        By which cases are assigned to them.
    label : str
        What colleagues call them.
    role : Role
        Counselor or supervisor.
    is_disabled : bool
        Whether their account opens nothing any more.
    """

    name: str
    label: str
    role: Role
    is_disabled: bool


@dataclass(frozen=True, slots=True)
class Load:
    """What one person holds: open cases, of these overdue, and cases closed lately."""

    name: str
    label: str
    is_disabled: bool
    open: int
    overdue: int
    closed: int


def first_waiting(
    connection: Connection, viewer: Viewer, *, at: datetime, limit: int
) -> list[dict[str, Any]]:
    """Return people whom nobody looks after, those due first first, then by ASI.

    Whoever stays in ALTO for longer than `REOPEN_WITHIN` after their case was closed is among them
    again. Each row says in `waiting` how many there are in all.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    at : datetime
        The present.
    limit : int
        How many are wanted.
    """
    viewer.require_aggregates()
    asked = {"scope": viewer.scope(), "limit": limit, "closed_since": at - REOPEN_WITHIN}
    rows = connection.execute(case_query("first_waiting"), asked).mappings()
    return [without_identity(row, viewer) for row in rows]


def unknown_people(
    connection: Connection, viewer: Viewer, *, limit: int, offset: int = 0
) -> list[dict[str, Any]]:
    """Return people of whom too little is known for a case, longest without activity first.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    limit, offset : int
        Which part of the list.
    """
    viewer.require_care()
    asked = {"scope": viewer.scope(), "limit": limit, "offset": offset}
    rows = connection.execute(case_query("unknown"), asked).mappings()
    return [without_identity(row, viewer) for row in rows]


def unknown_count(connection: Connection, viewer: Viewer) -> int:
    """Count the people of whom too little is known for a case."""
    viewer.require_care()
    return int(connection.scalar(case_query("count_unknown"), {"scope": viewer.scope()}) or 0)


def colleagues(connection: Connection, viewer: Viewer) -> list[Colleague]:
    """Return everyone with an account that works with people, disabled ones too."""
    viewer.require_aggregates()
    return [
        Colleague(row.name, actor_label(row.name, row.email), Role(row.role), row.is_disabled)
        for row in connection.execute(case_query("colleagues"))
    ]


def team_load(connection: Connection, viewer: Viewer, *, now: datetime) -> list[Load]:
    """Return what each colleague holds, whoever holds most first; and others who hold cases.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads; only who answers for the team.
    now : datetime
        The moment.
    """
    viewer.require_supervision()
    asked = {"scope": viewer.scope(), "now": now, "since": now - CLOSED_WITHIN}
    found = {row.name: row for row in connection.execute(case_query("load"), asked)}
    known = {one.name: one for one in colleagues(connection, viewer)}
    loads = []
    for name in known.keys() | found.keys():
        who, held = known.get(name), found.get(name)
        if held is None and who is not None and who.is_disabled:
            continue
        counts = (0, 0, 0) if held is None else (held.open, held.overdue, held.closed)
        label = who.label if who else actor_label(name)
        loads.append(Load(name, label, who is not None and who.is_disabled, *counts))
    return sorted(loads, key=lambda load: (-load.open, -load.closed, load.label))
