"""Cases as pages read them: totals, work lists, one person's case and its history."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, TextClause, text

from aura_engine.domain import RiskLevel
from aura_engine.sql import load_queries
from aura_engine.store.access import Viewer
from aura_engine.store.actors import actor_label
from aura_engine.store.cases import CaseStage, Priority

_FILE: Final = "store_case_reads"
_PARTS: Final = ("columns", "chosen", "stage", "waits")
_VISIBLE: Final = load_queries("store_reads")["visible"]
OLD: Final = timedelta(days=1)
OLDER: Final = timedelta(days=3)
"""Ages of cases that nobody acknowledged, as they are counted."""
SOON: Final = timedelta(hours=4)
"""What is due within this is nearly due."""


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases a list holds; what is not given narrows nothing.

    Parameters
    ----------
    assignee : str, optional
        Name of a viewer who has them.
    unassigned : bool
        Only those that nobody has.
    to_review : bool, optional
        Only those that a first run or a new model opened, or only the others.
    stage : CaseStage, optional
        How far the work is; without it all that are not closed.
    priority : Priority, optional
        How soon they must be acknowledged.
    level : RiskLevel, optional
        Where the person stands now.
    overdue : bool
        Only those that should have been acknowledged by now.
    """

    assignee: str | None = None
    unassigned: bool = False
    to_review: bool | None = None
    stage: CaseStage | None = None
    priority: Priority | None = None
    level: RiskLevel | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class CaseNumbers:
    """Cases that are not closed, in totals.

    Parameters
    ----------
    unacknowledged : int
        Opened by conduct, and nobody has said that they look after them.
    older_than_day, older_than_three_days : int
        Of these, how many wait longer than `OLD` and `OLDER`.
    overdue, due_today : int
        Of these, whose time is over, and whose ends before the day does.
    mine_open, mine_overdue, mine_due_soon : int
        The viewer's own, and of these the ones that wait and whose time is over, or will be before
        `SOON` is.
    to_review : int
        Opened by a first run or a new model, and nobody has looked at them.
    """

    unacknowledged: int
    older_than_day: int
    older_than_three_days: int
    overdue: int
    due_today: int
    mine_open: int
    mine_overdue: int
    mine_due_soon: int
    to_review: int


def case_version(connection: Connection, viewer: Viewer) -> str:
    """Return a mark of all cases that differs after each action on any of them."""
    viewer.require_aggregates()
    return str(connection.scalar(case_query("version")))


def case_numbers(
    connection: Connection, viewer: Viewer, *, now: datetime, tomorrow: datetime
) -> CaseNumbers:
    """Count what waits, what is due and what is the viewer's own.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    now : datetime
        The moment.
    tomorrow : datetime
        When the reader's day ends.
    """
    viewer.require_aggregates()
    asked = {
        "scope": viewer.scope(),
        "me": viewer.name,
        "now": now,
        "tomorrow": tomorrow,
        "soon": now + SOON,
        "day_ago": now - OLD,
        "days_ago": now - OLDER,
    }
    return CaseNumbers(*connection.execute(case_query("numbers"), asked).one())


def case_list(
    connection: Connection,
    viewer: Viewer,
    chosen: CaseFilter,
    *,
    now: datetime,
    limit: int | None = None,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """Return cases, those due first first, then by ASI.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    chosen : CaseFilter
        Which ones.
    now : datetime
        The moment, by which some are overdue.
    limit, offset : int
        Which part of the list; the whole where not given.
    """
    viewer.require_care()
    asked = {**_asked(viewer, chosen, now), "limit": limit, "offset": offset}
    rows = connection.execute(case_query("cases"), asked).mappings()
    return [_with_names(dict(row)) for row in rows]


def case_stages(
    connection: Connection, viewer: Viewer, chosen: CaseFilter, *, now: datetime
) -> dict[CaseStage, int]:
    """Count the cases that a filter leaves by stage, whichever stage it asks for.

    Parameters
    ----------
    connection, viewer, chosen, now
        As of `case_list`.
    """
    viewer.require_care()
    rows = connection.execute(case_query("stages"), _asked(viewer, chosen, now))
    found = {CaseStage(stage): int(count) for stage, count in rows}
    return {stage: found.get(stage, 0) for stage in CaseStage}


def case_of(connection: Connection, viewer: Viewer, pseudonym: str) -> dict[str, Any] | None:
    """Return a person's case: the open one, else the last that was closed.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    pseudonym : str
        Of the person; it finds the case of a deleted account too, for whoever sees everyone.
    """
    viewer.require_care()
    asked = {"pseudonym": pseudonym, "scope": viewer.scope()}
    row = connection.execute(case_query("case_of"), asked).mappings().one_or_none()
    return None if row is None else _with_names(dict(row))


def case_timeline(connection: Connection, viewer: Viewer, pseudonym: str) -> list[dict[str, Any]]:
    """Return what was done to a person's cases, the newest first, with who did it in words.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    pseudonym : str
        Of the person.
    """
    viewer.require_care()
    asked = {"pseudonym": pseudonym, "scope": viewer.scope()}
    rows = connection.execute(case_query("timeline"), asked).mappings()
    return [
        {
            **row,
            "who": actor_label(row["actor"], row["actor_email"]),
            "to_whom": row["detail"] and actor_label(row["detail"], row["detail_email"]),
        }
        for row in rows
    ]


def case_query(name: str) -> TextClause:
    """Return a query of cases with the parts that several share filled in."""
    queries = load_queries(_FILE)
    query = queries[name]
    for part in _PARTS:
        query = query.replace(f"{{{part}}}", queries[part])
    return text(query.replace("{visible}", _VISIBLE))


def _asked(viewer: Viewer, chosen: CaseFilter, now: datetime) -> dict[str, Any]:
    return {**asdict(chosen), "scope": viewer.scope(), "now": now}


def _with_names(row: dict[str, Any]) -> dict[str, Any]:
    holder = row["assigned_to"]
    row["assignee"] = None if holder is None else actor_label(holder, row["assignee_email"])
    row["stage"] = CaseStage(row["stage"])
    return row
