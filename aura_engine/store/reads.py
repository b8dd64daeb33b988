"""Reads of results; each takes the viewer, and authorises before it asks the database.

All take a connection of `aura_engine.store.connect.reading`, so that a page or a request sees
one state of the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, text

from aura_engine.domain import RiskLevel
from aura_engine.sql import load_queries
from aura_engine.store.access import Viewer

_QUERIES: Final = load_queries("store_reads")


@dataclass(frozen=True, slots=True)
class DataVersion:
    """Which data are in view; `number` grows with each flip or batch."""

    number: int
    changed_at: datetime
    run_id: int
    as_of: datetime
    text_model: str | None
    results: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LevelCount:
    """People of one level; `insufficient` and `stopped_showing` are among them."""

    people: int = 0
    insufficient: int = 0
    stopped_showing: int = 0


def data_version(connection: Connection, viewer: Viewer) -> DataVersion | None:
    """Return which data are in view; None before the first run."""
    viewer.require_aggregates()
    row = connection.execute(text(_QUERIES["data_version"])).one_or_none()
    return None if row is None else DataVersion(*row)


def distribution(connection: Connection, viewer: Viewer) -> dict[RiskLevel, LevelCount]:
    """Count the people whom the viewer may see, by level; all three are there."""
    viewer.require_aggregates()
    rows = connection.execute(text(_QUERIES["distribution"]), {"scope": viewer.scope()})
    found = {RiskLevel(level): LevelCount(*counts) for level, *counts in rows}
    return {level: found.get(level, LevelCount()) for level in RiskLevel}


def risk_list(
    connection: Connection,
    viewer: Viewer,
    level: RiskLevel,
    *,
    limit: int | None = None,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """Return people of a level, most severe first; root ids only for who may see them."""
    rows = connection.execute(
        text(_QUERIES["risk_list"]),
        {"level": level, "scope": viewer.scope(), "limit": limit, "offset": offset},
    ).mappings()
    return [_without_identity(row, viewer) for row in rows]


def person(connection: Connection, viewer: Viewer, pseudonym: str) -> dict[str, Any] | None:
    """Return one person's row; None if there is none whom the viewer may see."""
    row = (
        connection.execute(
            text(_QUERIES["person"]), {"pseudonym": pseudonym, "scope": viewer.scope()}
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    record = {**row, "user_id_raiz": row["root_id"]}
    del record["root_id"]
    return _without_identity(record, viewer)


def history(connection: Connection, viewer: Viewer, pseudonym: str) -> list[dict[str, Any]]:
    """Return what was recorded of a person, oldest first, from runs that flipped."""
    rows = connection.execute(
        text(_QUERIES["history"]), {"pseudonym": pseudonym, "scope": viewer.scope()}
    ).mappings()
    return [dict(row) for row in rows]


def runs(connection: Connection, viewer: Viewer, *, limit: int = 20) -> list[dict[str, Any]]:
    """Return the latest runs, newest first."""
    viewer.require_aggregates()
    rows = connection.execute(text(_QUERIES["runs"]), {"limit": limit}).mappings()
    return [dict(row) for row in rows]


def _without_identity(row: RowMapping | dict[str, Any], viewer: Viewer) -> dict[str, Any]:
    record = dict(row)
    if not viewer.sees_identities:
        del record["user_id_raiz"]
    return record
