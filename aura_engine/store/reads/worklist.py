"""The work list: people filtered and ordered by the database, with their open case."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, TextClause, text

from aura_engine.domain import RiskLevel
from aura_engine.errors import AccessDenied
from aura_engine.sql import load_queries
from aura_engine.store.access import Viewer
from aura_engine.store.reads.scope import without_identity

_FILE: Final = "store_worklist"
_PARTS: Final = (
    "columns", "sorted_by", "moved", "asi_change", "source", "narrowed", "case_state",
)  # fmt: skip
_VISIBLE: Final = load_queries("store_reads")["visible"]
_OF_CASES: Final = ("case_state", "case_id", "case_version")


class WorkOrder(StrEnum):
    """By what the list is ordered, what asks for attention first."""

    ASI = "asi"
    CHANGE = "cambio"
    """Of the ASI."""
    DAYS = "dias"
    """Without activity; unknown ones first."""
    EVIDENCE = "evidencia"


class OpenCase(StrEnum):
    """How far the work on a person is."""

    NONE = "sin_caso"
    TO_REVIEW = "por_revisar"
    WAITING = "sin_reconocer"
    ACTIVE = "en_curso"
    SNOOZED = "pospuesto"


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """Which people the list holds; what is not given narrows nothing.

    Parameters
    ----------
    level : RiskLevel, optional
        Where they stand.
    case_state : OpenCase, optional
        Of their open case; only for who works on cases.
    is_sufficient : bool, optional
        Whether enough is known of them.
    stopped_showing : bool
        Only those who keep a verdict from when more was seen.
    least_asi : float, optional
        From which ASI on, 0-100.
    prefix : str, optional
        With what their pseudonym begins; a whole one is that person.
    """

    level: RiskLevel | None = None
    case_state: OpenCase | None = None
    is_sufficient: bool | None = None
    stopped_showing: bool = False
    least_asi: float | None = None
    prefix: str | None = None


def last_run_before(connection: Connection, viewer: Viewer, moment: datetime) -> datetime | None:
    """Return as of when the last full run before a moment was; None where there was none.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    moment : datetime
        Zone-aware, such as the beginning of a reader's day.
    """
    viewer.require_aggregates()
    found: datetime | None = connection.scalar(_query("last_run_before"), {"moment": moment})
    return found


def work_list(
    connection: Connection,
    viewer: Viewer,
    chosen: WorkFilter,
    *,
    since: datetime | None,
    order: WorkOrder = WorkOrder.ASI,
    is_reversed: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """Return people with their open case; equals in a fixed order, so that pages do not overlap.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads; of cases only who works on them.
    chosen : WorkFilter
        Which people.
    since : datetime or None
        From when on `asi_change` tells how far the ASI moved; it is None without, and for whoever
        was not there yet.
    order : WorkOrder
        By what.
    is_reversed : bool
        Whether the other end comes first.
    limit, offset : int
        Which part of the list; the whole where not given.

    Raises
    ------
    AccessDenied
        If the viewer may not read it, or asks by case and does not work on cases.
    """
    works_on_cases = _allowed(viewer, chosen)
    part = f"by_{order}_reversed" if is_reversed else f"by_{order}"
    asked = {**_asked(viewer, chosen), "since": since, "limit": limit, "offset": offset}
    query = "people_by_change" if order is WorkOrder.CHANGE else "people"
    rows = connection.execute(_query(query, order=part), asked).mappings()
    people = [without_identity(row, viewer) for row in rows]
    if not works_on_cases:
        for row in people:
            for column in _OF_CASES:
                del row[column]
    return people


def work_count(connection: Connection, viewer: Viewer, chosen: WorkFilter) -> int:
    """Count the people whom `work_list` gives without a limit.

    Parameters
    ----------
    connection, viewer, chosen
        As of `work_list`.
    """
    _allowed(viewer, chosen)
    return int(connection.scalar(_query("count"), _asked(viewer, chosen)) or 0)


def _allowed(viewer: Viewer, chosen: WorkFilter) -> bool:
    """Return whether the viewer works on cases; refuse what they may not ask."""
    viewer.require_aggregates()
    try:
        viewer.require_care()
    except AccessDenied:
        if chosen.case_state is not None:
            raise
        return False
    return True


def _query(name: str, *, order: str | None = None) -> TextClause:
    queries = load_queries(_FILE)
    query = queries[name]
    if order is not None:
        query = query.replace("{order}", queries[order])
    for part in _PARTS:
        query = query.replace(f"{{{part}}}", queries[part])
    return text(query.replace("{visible}", _VISIBLE))


def _asked(viewer: Viewer, chosen: WorkFilter) -> dict[str, Any]:
    return {**asdict(chosen), "scope": viewer.scope()}
