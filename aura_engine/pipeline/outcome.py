"""How a run ended, and for which moment one is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aura_engine.pipeline.context import PipelineContext
from aura_engine.store.failures import store_errors
from aura_engine.store.rescored import latest_as_of


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended, for whoever started it."""

    run_id: int
    as_of: datetime
    results: dict[str, Any]
    seconds: dict[str, float]
    text_model: str | None
    counts: dict[str, Any]


MOST_AHEAD: Final = timedelta(seconds=30)
"""So far may a source's clock be ahead of ours without its rows being overlooked."""


def present(context: PipelineContext) -> datetime:
    """Return the moment to score everyone for: the present, but not before what was scored.

    A source whose clock is a little ahead of ours has its rows scored by its own time. Beyond
    `MOST_AHEAD` a clock is wrong, and `require_newer` says so.
    """
    now = context.clock().astimezone(UTC)
    with store_errors(), context.store.connect() as connection:
        latest = latest_as_of(connection)
    return not_before(now, latest)


def not_before(moment: datetime, latest: datetime | None) -> datetime:
    """Return a moment, or the latest that was judged for where that is a little later."""
    if latest is None or latest - moment > MOST_AHEAD:
        return moment
    return max(moment, latest)
