"""Which data are in view, and what they say in totals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from aura_engine.domain import RiskLevel
from aura_engine.store.access import Viewer
from aura_engine.store.reads.scope import scoped


@dataclass(frozen=True, slots=True)
class DataVersion:
    """Which data are in view; `number` grows with each flip or batch.

    People are as of `as_of`; `results` are the last run's own, frozen since
    `results_finished_at`, as of `results_as_of`.
    """

    number: int
    changed_at: datetime
    run_id: int
    as_of: datetime
    finished_at: datetime
    text_model: str | None
    results: dict[str, Any]
    results_as_of: datetime
    results_finished_at: datetime


@dataclass(frozen=True, slots=True)
class LevelCount:
    """People of one level; the other counts are among them.

    Parameters
    ----------
    people : int
        All of them.
    insufficient : int
        Of whom too little is known today.
    known : int
        Of whom enough is known, or was at some time since they are on this level.
    stopped_showing : int
        Who showed messages or texts before and does not now.
    """

    people: int = 0
    insufficient: int = 0
    known: int = 0
    stopped_showing: int = 0


def data_version(connection: Connection, viewer: Viewer) -> DataVersion | None:
    """Return which data are in view; None before the first run."""
    viewer.require_aggregates()
    row = connection.execute(scoped("store_reads", "data_version")).one_or_none()
    return None if row is None else DataVersion(*row)


def is_demo(connection: Connection, viewer: Viewer) -> bool:
    """Tell whether the database is marked for the demo, whose people are made up."""
    viewer.require_aggregates()
    return bool(connection.scalar(scoped("store_installation", "is_demo")))


def distribution(connection: Connection, viewer: Viewer) -> dict[RiskLevel, LevelCount]:
    """Count the people whom the viewer may see, by level; all three are there."""
    viewer.require_aggregates()
    rows = connection.execute(scoped("store_reads", "distribution"), {"scope": viewer.scope()})
    found = {RiskLevel(level): LevelCount(*counts) for level, *counts in rows}
    return {level: found.get(level, LevelCount()) for level in RiskLevel}
