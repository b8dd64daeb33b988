"""What readers may know of cases in totals."""

from __future__ import annotations

from sqlalchemy import Connection

from aura_engine.store.access import Viewer
from aura_engine.store.cases import CaseState
from aura_engine.store.reads.scope import scoped


def case_counts(connection: Connection, viewer: Viewer) -> dict[CaseState, int]:
    """Count the cases that are not closed, of people whom the viewer may see, by state."""
    viewer.require_aggregates()
    rows = connection.execute(scoped("store_cases", "count_cases"), {"scope": viewer.scope()})
    found = {CaseState(state): int(cases) for state, cases in rows}
    return {state: found.get(state, 0) for state in (CaseState.TO_REVIEW, CaseState.OPEN)}
