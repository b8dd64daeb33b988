"""Two runs beside each other: who moved from which level to which, and why.

Everybody whom the viewer may see today stands in exactly one cell. Who has no account any more has
left nothing but a number in the totals of the earlier run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, TextClause, text

from aura_engine.domain import LEVEL_RANK, RiskLevel
from aura_engine.sql import load_queries
from aura_engine.store.access import Viewer
from aura_engine.store.reads.scope import without_identity

_FILE: Final = "store_compare"
_VISIBLE: Final = load_queries("store_reads")["visible"]
_RANKS: Final = sorted(LEVEL_RANK, key=LEVEL_RANK.__getitem__)

Cell = tuple[RiskLevel | None, RiskLevel | None]
"""From which level to which; None before: was not there yet, None after: is not there any more."""


class MoveCause(StrEnum):
    """Why somebody is not where they were; but for the first, as a person's page says it."""

    CAME = "first"
    BEHAVIOUR = "behaviour"
    MODEL = "model"
    BOTH = "both"


class Incomparable(StrEnum):
    """Why two runs cannot be compared."""

    UNKNOWN = "unknown"
    """There is no run of this number."""
    SAME = "same"
    NOT_SHOWN = "not_shown"
    """It did not end well, or not yet: nobody ever saw what it found."""
    INCREMENTAL = "incremental"
    """It is a day's tally of single people, and never judged everyone."""
    HISTORY_GONE = "history_gone"
    """What is kept of the changes of levels does not reach back to the earlier one."""


@dataclass(frozen=True, slots=True)
class ComparableRun:
    """A run that judged everyone.

    Parameters
    ----------
    id : int
        Its number.
    kind : str
        ``full``, ``recluster`` or ``sweep``.
    as_of : datetime
        Moment of its verdicts.
    model_version_id : int
        Which gave them.
    history_through : int
        Number of the last change of a verdict that it showed.
    people : dict or None
        Of everyone by level, as it found them; None where it did not say.
    """

    id: int
    kind: str
    as_of: datetime
    model_version_id: int
    history_through: int
    people: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class RunPair:
    """Two runs in the order in which they were shown."""

    before: ComparableRun
    after: ComparableRun

    @property
    def is_of_two_models(self) -> bool:
        """Whether another model gave the later verdicts."""
        return self.before.model_version_id != self.after.model_version_id


@dataclass(frozen=True, slots=True)
class Moves:
    """How many people went from which level to which.

    Parameters
    ----------
    cells : dict
        People by `Cell`, also of those who stayed; all nine levels are there, and who came.
        Who left is only there where `left_is_known`.
    causes : dict
        People by cell and `MoveCause`, of those who moved or came.
    insufficient : int
        Of those who moved, those of whom too little is known today.
    left_is_known : bool
        Whether it can be told who left: not of some communities only, since totals are of everyone.
    """

    cells: dict[Cell, int]
    causes: dict[tuple[Cell, MoveCause], int]
    insufficient: int
    left_is_known: bool

    @property
    def population(self) -> int:
        """Everyone in the table."""
        return sum(self.cells.values())

    @property
    def moved(self) -> int:
        """People who were there at both runs, on another level."""
        return sum(n for (a, b), n in self.cells.items() if a is not None and b and a != b)

    @property
    def came(self) -> int:
        """People who were not there at the earlier run."""
        return sum(n for (a, _), n in self.cells.items() if a is None)

    @property
    def left(self) -> int | None:
        """People of the earlier run who have no account any more; None where that is not known."""
        if not self.left_is_known:
            return None
        return sum(n for (_, b), n in self.cells.items() if b is None)

    def by_cause(self, cause: MoveCause) -> int:
        """People who moved or came because of something."""
        return sum(n for (_, why), n in self.causes.items() if why is cause)


@dataclass(frozen=True, slots=True)
class MoveFilter:
    """Which of those who moved or came a list holds; what is not given narrows nothing.

    Parameters
    ----------
    came : bool
        Only those who were not there at the earlier run; then `from_level` means nothing.
    from_level, to_level : RiskLevel, optional
        Where they stood.
    cause : MoveCause, optional
        Why they moved.
    """

    came: bool = False
    from_level: RiskLevel | None = None
    to_level: RiskLevel | None = None
    cause: MoveCause | None = None

    def count(self, moves: Moves) -> int:
        """Return how many people the list holds."""
        return sum(
            people
            for ((before, after), why), people in moves.causes.items()
            if (before is None if self.came else self.from_level in (None, before))
            and self.to_level in (None, after)
            and self.cause in (None, why)
        )


def comparable_runs(
    connection: Connection, viewer: Viewer, *, limit: int = 60
) -> list[ComparableRun]:
    """Return the latest full runs and reclusterings that were shown, the newest first.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    limit : int
        Most runs to return.
    """
    viewer.require_aggregates()
    found = connection.execute(_query("comparable_runs"), {"limit": limit}).mappings()
    return [ComparableRun(**row) for row in found]


def runs_to_compare(
    connection: Connection, viewer: Viewer, one: int, other: int
) -> RunPair | Incomparable:
    """Return two runs in the order in which they were shown, or why they cannot be compared.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    one, other : int
        Their numbers.
    """
    viewer.require_aggregates()
    if one == other:
        return Incomparable.SAME
    found = []
    for run_id in (one, other):
        row = connection.execute(_query("one_run"), {"run_id": run_id}).mappings().one_or_none()
        if row is None:
            return Incomparable.UNKNOWN
        if row["kind"] == "incremental":
            return Incomparable.INCREMENTAL
        if row["flipped_at"] is None:
            return Incomparable.NOT_SHOWN
        if row["history_through"] is None:
            return Incomparable.HISTORY_GONE
        found.append(dict(row))
    found.sort(key=lambda row: (row.pop("flipped_at"), row["id"]))
    pair = RunPair(*(ComparableRun(**row) for row in found))
    asked = {"after": pair.before.history_through}
    return pair if connection.scalar(_query("reaches_back"), asked) else Incomparable.HISTORY_GONE


def moves(connection: Connection, viewer: Viewer, pair: RunPair) -> Moves:
    """Count who moved between two runs.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    pair : RunPair
        Of `runs_to_compare`.
    """
    viewer.require_aggregates()
    cells: dict[Cell, int] = {(a, b): 0 for a in (*RiskLevel, None) for b in RiskLevel}
    causes: dict[tuple[Cell, MoveCause], int] = {}
    insufficient = 0
    for row in connection.execute(_query("moves"), _asked(viewer, pair)):
        cell = (row.from_level and RiskLevel(row.from_level), RiskLevel(row.to_level))
        cells[cell] += row.people
        if row.cause is not None:
            causes[cell, MoveCause(row.cause)] = row.people
            insufficient += row.insufficient if row.from_level else 0
    knows_left = viewer.communities is None and pair.before.people is not None
    if knows_left:
        cells |= _left(pair.before.people or {}, cells)
    return Moves(cells, causes, insufficient, knows_left)


def moved_people(
    connection: Connection,
    viewer: Viewer,
    pair: RunPair,
    chosen: MoveFilter,
    *,
    limit: int | None = None,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """Return who moved between two runs or came, those who rose furthest first.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    pair : RunPair
        Of `runs_to_compare`.
    chosen : MoveFilter
        Which of them.
    limit, offset : int
        Which part of the list; the whole where not given.

    Returns
    -------
    list of dict
        pseudonym, from_level, to_level, from_severity, to_severity, cause, asi_change (None where
        a model moved the ASI: numbers of two models are not compared), moved_since (whether the
        verdict is another by now), is_sufficient, stopped_showing. ASI as it was recorded, within a
        point of what was shown.
    """
    viewer.require_aggregates()
    asked = {
        **_asked(viewer, pair),
        "from_level": "" if chosen.came else chosen.from_level,
        "to_level": chosen.to_level,
        "cause": chosen.cause,
        "ranks": _RANKS,
        "limit": limit,
        "offset": offset,
    }
    rows = connection.execute(_query("moved_people"), asked).mappings()
    return [without_identity(row, viewer) for row in rows]


def _left(then: Mapping[str, int], cells: Mapping[Cell, int]) -> dict[Cell, int]:
    """Return how many of the earlier run are not there any more, by their level then."""
    here = {level: sum(n for (a, _), n in cells.items() if a is level) for level in RiskLevel}
    return {(level, None): max(0, then.get(level.value, 0) - here[level]) for level in RiskLevel}


def _query(name: str) -> TextClause:
    queries = load_queries(_FILE)
    query = queries[name].replace("{placed}", queries["placed"])
    return text(query.replace("{cause}", queries["cause"]).replace("{visible}", _VISIBLE))


def _asked(viewer: Viewer, pair: RunPair) -> dict[str, Any]:
    return {
        "after": pair.before.history_through,
        "until": pair.after.history_through,
        "scope": viewer.scope(),
    }
