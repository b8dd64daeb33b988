"""Reads of people, by pseudonym; root ids only for who may see identities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from aura_engine.domain import KPI_COLUMNS, RISK_DIRECTION, RiskLevel
from aura_engine.store.access import Viewer
from aura_engine.store.reads.scope import scoped, without_identity

_CHUNK = 2_000


def risk_list(
    connection: Connection,
    viewer: Viewer,
    level: RiskLevel,
    *,
    limit: int | None = None,
    offset: int = 0,
    known_only: bool = False,
) -> list[dict[str, Any]]:
    """Return people of a level, most severe first; root ids only for who may see them.

    Parameters
    ----------
    connection : Connection
        Of `aura_engine.store.connect.reading`.
    viewer : Viewer
        Who asks.
    level : RiskLevel
        Whose people.
    limit, offset : int
        Which part of the list; the whole where not given.
    known_only : bool
        Leave out those of whom too little was known ever since they are on this level; who was
        known and fell silent stays.
    """
    return list(
        stream_risk_list(
            connection,
            viewer,
            level,
            limit=limit,
            offset=offset,
            known_only=known_only,
        )
    )


def stream_risk_list(
    connection: Connection,
    viewer: Viewer,
    level: RiskLevel,
    *,
    limit: int | None = None,
    offset: int = 0,
    known_only: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield what `risk_list` returns, without ever holding all of a million people.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    level : RiskLevel
        The level.
    limit, offset, known_only
        As of `risk_list`; None gives all.
    """
    rows = connection.execute(
        scoped("store_reads", "risk_list"),
        {
            "level": level,
            "scope": viewer.scope(),
            "limit": limit,
            "offset": offset,
            "known_only": known_only,
        },
        execution_options={"yield_per": _CHUNK},
    ).mappings()
    for row in rows:
        yield without_identity(row, viewer)


def level_count(connection: Connection, viewer: Viewer, level: RiskLevel) -> int:
    """Count the people of a level whom `risk_list` gives without a limit.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    level : RiskLevel
        The level.
    """
    found = connection.scalar(
        scoped("store_reads", "count_level"), {"level": level, "scope": viewer.scope()}
    )
    return int(found or 0)


def person(connection: Connection, viewer: Viewer, pseudonym: str) -> dict[str, Any] | None:
    """Return one person's row; None if there is none whom the viewer may see.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    pseudonym : str
        Of the person.
    """
    return _one(connection, viewer, pseudonym=pseudonym, user_id=None)


def person_by_id(connection: Connection, viewer: Viewer, user_id: UUID) -> dict[str, Any] | None:
    """Return one person's row by root id; None if there is none whom the viewer may see.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    user_id : UUID
        Root id of the person.

    Raises
    ------
    AccessDenied
        If the viewer may not see root ids.
    """
    viewer.require_identities()
    return _one(connection, viewer, pseudonym=None, user_id=user_id)


def _one(
    connection: Connection, viewer: Viewer, *, pseudonym: str | None, user_id: UUID | None
) -> dict[str, Any] | None:
    row = (
        connection.execute(
            scoped("store_reads", "person"),
            {"pseudonym": pseudonym, "user_id": user_id, "scope": viewer.scope()},
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    record = {**row, "user_id_raiz": row["root_id"]}
    del record["root_id"]
    return without_identity(record, viewer)


def kpis_of(
    connection: Connection, viewer: Viewer, pseudonyms: Sequence[str]
) -> list[dict[str, Any]]:
    """Return scaled and raw KPIs of those people whom the viewer may see, in no order.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    pseudonyms : sequence of str
        Of the people.
    """
    rows = connection.execute(
        scoped("store_reads", "kpis_of"),
        {"pseudonyms": list(pseudonyms), "scope": viewer.scope()},
    ).mappings()
    return [dict(row) for row in rows]


def risk_ranks(connection: Connection, viewer: Viewer, pseudonym: str) -> dict[str, float]:
    """Return where one person stands in the population, by KPI.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    pseudonym : str
        Of the person.

    Returns
    -------
    dict of str to float
        0 to 1 by KPI column, 1 = nobody stands worse in the risk direction; empty if there is no
        such person whom the viewer may see.
    """
    if person(connection, viewer, pseudonym) is None:
        return {}
    row = connection.execute(scoped("store_reads", "ranks"), {"pseudonym": pseudonym}).mappings()
    lower = row.one()
    return {
        column: float(lower[column]) if direction > 0 else 1.0 - float(lower[column])
        for column, direction in zip(KPI_COLUMNS, RISK_DIRECTION, strict=True)
    }


def history(connection: Connection, viewer: Viewer, pseudonym: str) -> list[dict[str, Any]]:
    """Return what was recorded of a person, oldest first, from runs that flipped.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    pseudonym : str
        Of the person.
    """
    rows = connection.execute(
        scoped("store_reads", "history"), {"pseudonym": pseudonym, "scope": viewer.scope()}
    ).mappings()
    return [dict(row) for row in rows]


def level_changes(
    connection: Connection, viewer: Viewer, *, since: datetime
) -> list[dict[str, Any]]:
    """Return each person's last change of level after a moment, most severe first.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    since : datetime
        The moment.
    """
    rows = connection.execute(
        scoped("store_reads", "recent_changes"), {"since": since, "scope": viewer.scope()}
    ).mappings()
    changes = [without_identity(row, viewer) for row in rows]
    return sorted(changes, key=lambda row: (-row["severity_index"], row["pseudonym"]))
