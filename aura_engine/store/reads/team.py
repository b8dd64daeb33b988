"""Whom a team has to look at, who is in it, and how much each of them holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from aura_engine.store.access import SYSTEM, Role, Viewer
from aura_engine.store.actors import actor_label
from aura_engine.store.cases import REOPEN_WITHIN
from aura_engine.store.reads.cases import case_query
from aura_engine.store.reads.scope import without_identity

CLOSED_WITHIN: Final = timedelta(days=7)
"""Closed cases count as recent work this long."""
PRESSING: Final = timedelta(hours=2)
"""What is due within this is everybody's: the colleague whose share it is may be away."""
MOST_LATE: Final = 50
"""People overdue or escalated that one list holds; more are in the list of cases."""


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
    shares : bool
        Whether they may see people whom the reader sees.
    """

    name: str
    label: str
    role: Role
    is_disabled: bool
    shares: bool = True


@dataclass(frozen=True, slots=True)
class Load:
    """What one person holds: open cases, of these overdue, and cases closed lately."""

    name: str
    label: str
    is_disabled: bool
    open: int
    overdue: int
    closed: int


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of what nobody has is somebody's to begin with.

    Parameters
    ----------
    place : int
        Their place among those who share, from 0.
    of : int
        How many share; at least one.
    """

    place: int = 0
    of: int = 1


EVERYTHING: Final = Share()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whom nobody looks after.

    Parameters
    ----------
    people : list of dict
        Whom to look at first.
    total : int
        How many wait, these among them.
    late : int
        Of all, how many are overdue or escalated.
    """

    people: list[dict[str, Any]]
    total: int
    late: int


def first_waiting(
    connection: Connection, viewer: Viewer, *, at: datetime, limit: int, share: Share = EVERYTHING
) -> Waiting:
    """Return people whom nobody looks after, in the order in which a viewer takes them up.

    Who is overdue or escalated comes first, for everyone and whatever the limit, up to `MOST_LATE`:
    by level, then by ASI, for all of them should have been looked at by now.
    Then comes what is due within `PRESSING`, then what the viewer has, then what nobody has: urgent
    cases, other ones that wait, and people to review or without a case. Of each of these the
    viewer's share comes first, told by a hash of the person, so that two colleagues begin with
    different people; nothing waits for its share alone. What a colleague has comes last. Equals are
    in the order of their deadlines, then by ASI.

    Whoever stays in ALTO for longer than `REOPEN_WITHIN` after their case was closed waits again.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads; whose a case is, is for who works on cases.
    at : datetime
        The present.
    limit : int
        How many are wanted; none is too few for who is late.
    share : Share
        Of the viewer; everything where they share with nobody.
    """
    viewer.require_aggregates()
    asked = {
        "scope": viewer.scope(),
        "me": viewer.name,
        "at": at,
        "soon": at + PRESSING,
        "closed_since": at - REOPEN_WITHIN,
        "limit": limit,
        "most": MOST_LATE,
        "place": share.place,
        "of": share.of,
    }
    found = connection.execute(case_query("first_waiting"), asked).mappings().all()
    people = [
        _of_viewer(without_identity(row, viewer), viewer) for row in found if row["pseudonym"]
    ]
    return Waiting(people, found[0]["waiting"], found[0]["late"])


def taken_up(
    connection: Connection, viewer: Viewer, *, since: datetime, of_team: bool = False
) -> int:
    """Count the cases that somebody began to look after: acknowledged, opened, or ended at once.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    since : datetime
        From when on, such as the beginning of their day.
    of_team : bool
        Whether what colleagues took up counts too.
    """
    viewer.require_aggregates()
    asked = {
        "scope": viewer.scope(),
        "me": viewer.name,
        "system": SYSTEM.name,
        "since": since,
        "of_team": of_team,
    }
    return int(connection.scalar(case_query("taken_up"), asked) or 0)


def _of_viewer(row: dict[str, Any], viewer: Viewer) -> dict[str, Any]:
    """Say whose a case is, and whether the viewer's; nothing to who does not work on cases."""
    holder, email = row.pop("assigned_to"), row.pop("assignee_email")
    works_on_cases = viewer.role in (Role.COUNSELOR, Role.SUPERVISOR)
    label = actor_label(holder, email) if holder and works_on_cases else None
    return {**row, "assignee": label, "is_mine": works_on_cases and holder == viewer.name}


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
        Colleague(
            row.name,
            actor_label(row.name, row.email),
            Role(row.role),
            row.is_disabled,
            row.shares,
        )
        for row in connection.execute(case_query("colleagues"), {"scope": viewer.scope()})
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
