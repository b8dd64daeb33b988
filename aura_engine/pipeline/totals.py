"""What everyone together is told of incremental runs: levels at most once a second, averages once
a minute."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine

from aura_engine.domain import KPI_COLUMNS
from aura_engine.pipeline.messages import distribution_event
from aura_engine.pipeline.rescoring import BatchOutcome
from aura_engine.store.events import Event, EventType, lock_writers, write_events
from aura_engine.store.failures import store_errors
from aura_engine.store.generation import active_distribution
from aura_engine.store.rescored import incremental_run
from aura_engine.store.trends import record_trend_point

DISTRIBUTION_SECONDS: Final = 1.0
TREND_SECONDS: Final = 60.0


@dataclass
class Totals:
    """Sends totals when they are due and something moved.

    Parameters
    ----------
    store : Engine
        The analytics database.
    """

    store: Engine
    _levels_moved: bool = False
    _anything_moved: bool = False
    _distribution_at: float = float("-inf")
    _trend_at: float = float("-inf")

    def note(self, outcome: BatchOutcome) -> None:
        """Note what a batch moved."""
        self._levels_moved |= outcome.moved_levels
        self._anything_moved |= outcome.counts.people > 0 or outcome.counts.removed > 0

    def tell(self, as_of: datetime) -> None:
        """Send what is due.

        Parameters
        ----------
        as_of : datetime
            The present, zone-aware.

        Raises
        ------
        StoreError
            If the analytics database fails; what was due stays due.
        """
        now = time.monotonic()
        levels = self._levels_moved and now - self._distribution_at >= DISTRIBUTION_SECONDS
        trend = self._anything_moved and now - self._trend_at >= TREND_SECONDS
        if not (levels or trend):
            return
        with store_errors(), self.store.begin() as connection:
            lock_writers(connection)
            events = [distribution_event(active_distribution(connection))] if levels else []
            if trend:
                events += _trend(connection, as_of)
            run_id = incremental_run(connection, as_of=as_of)
            write_events(connection, events, run_id=run_id, as_of=as_of)
        if levels:
            self._levels_moved, self._distribution_at = False, now
        if trend:
            self._anything_moved, self._trend_at = False, now


def _trend(connection: Connection, as_of: datetime) -> list[Event]:
    point = record_trend_point(connection, as_of)
    if point is None:
        return []
    payload = {
        "timestamp": as_of.isoformat(),
        "total_users": point.people,
        "averages": {column: point.averages.get(column) for column in KPI_COLUMNS},
        "distribution": point.distribution,
    }
    return [Event(EventType.KPI_TREND_UPDATE, payload)]
