"""Extraction: the aggregates of all three sources at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd

from aura_engine.domain import NIGHT_HOURS
from aura_engine.logs import get_logger
from aura_engine.sources.activity import Aggregates, Extraction, assemble
from aura_engine.sources.connections import Source, Sources
from aura_engine.sources.frames import require_aware
from aura_engine.sql import load_queries, read_frame

log = get_logger(__name__)

_READS: Final = {
    Source.AUTH: ("accounts", "outsiders"),
    Source.SOCIAL: (
        "profiles",
        "complete_profiles",
        "follow_relations",
        "posts",
        "comments",
        "memberships",
    ),
    Source.MESSAGING: ("users", "messages"),
}


def extract_activity(
    sources: Sources, *, as_of: datetime, window_days: int, timezone: str
) -> Extraction:
    """Read what everyone of the population did, as known at a moment.

    Everything is aggregated where it lies; no text is read. Messages count when they are not of
    type ``system``, not deleted and sent in ``(as_of - window_days, as_of]``, whatever their other
    type. Last activity is unbounded and takes every post, comment and message that a person wrote,
    also one that was hidden or deleted later: its author was there.

    Parameters
    ----------
    sources : Sources
        The three sources.
    as_of : datetime
        Zone-aware; nothing later is read. Friendships, memberships and profiles are as they are
        now, without those made later: the sources keep no history of them.
    window_days : int
        Days that message counts look back, at least 1.
    timezone : str
        IANA name of the population's zone, which decides which messages are of the night.

    Returns
    -------
    Extraction

    Raises
    ------
    ValueError
        If ``as_of`` has no zone or ``window_days`` is below 1.
    zoneinfo.ZoneInfoNotFoundError
        If the zone is not known.
    SourceError
        If a source cannot be read.
    """
    if window_days < 1:
        raise ValueError("window_days must be at least 1")
    parameters = {
        "as_of": require_aware(as_of, "as_of"),
        "since": as_of - timedelta(days=window_days),
        "timezone": ZoneInfo(timezone).key,
        "first_night_hour": NIGHT_HOURS[0],
        "last_night_hour": NIGHT_HOURS[1],
    }
    # Each source is a server of its own: they work while the others do.
    with ThreadPoolExecutor(len(Source)) as pool:
        readings = {source: pool.submit(_read, sources, source, parameters) for source in Source}
        auth, social, messaging = (readings[source].result() for source in Source)
    extraction = assemble(
        Aggregates(
            **auth,
            **social,
            messaging_users=messaging["users"],
            messages=messaging["messages"],
        )
    )
    log.info(
        "sources.extracted",
        as_of=as_of.isoformat(),
        people=len(extraction.activity),
        unresolved_rows=extraction.unresolved.rows,
        contradictory_references=extraction.unresolved.contradictory_references,
    )
    return extraction


def _read(
    sources: Sources, source: Source, parameters: Mapping[str, object]
) -> dict[str, pd.DataFrame]:
    queries = load_queries(source.value)
    with sources.reading(source) as connection:
        return {name: read_frame(connection, queries[name], parameters) for name in _READS[source]}
