"""What goes after a while: events, days of incremental runs, and who read whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from aura_engine.sql import load_queries
from aura_engine.store.bulk import delete_in_batches

_QUERIES: Final = load_queries("store_retention")
EVENTS_KEPT: Final = timedelta(days=7)
"""How long whoever was away may ask for the events since."""
INCREMENTAL_RUNS_KEPT: Final = timedelta(days=90)


def sweep_events(engine: Engine, *, now: datetime) -> int:
    """Delete events that are older than a week, and return how many there were."""
    return delete_in_batches(engine, _QUERIES["sweep_events"], before=now - EVENTS_KEPT)


def sweep_incremental_runs(engine: Engine, *, now: datetime) -> int:
    """Delete incremental runs older than 90 days that nothing speaks of, and return how many."""
    before = now - INCREMENTAL_RUNS_KEPT
    return delete_in_batches(engine, _QUERIES["sweep_incremental_runs"], before=before)


def sweep_audit_log(engine: Engine, *, now: datetime, kept: timedelta) -> int:
    """Delete what the log of reads says of times longer ago than `kept`, and return how much.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    now : datetime
        The present.
    kept : timedelta
        How long the log is kept.
    """
    return delete_in_batches(engine, _QUERIES["sweep_audit_log"], before=now - kept)
