"""Where and when the small population of these tests lives, and how to look at it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd

from aura_engine.demo.population import Population, SliceRows

SEED: Final = 7
EPOCH: Final = date(2026, 3, 2)
ZONE: Final = ZoneInfo("America/Mexico_City")


def moment(days: float) -> datetime:
    """Return a moment counted in days from the local midnight of the epoch."""
    return datetime(EPOCH.year, EPOCH.month, EPOCH.day, 6, tzinfo=UTC) + timedelta(days=days)


def root_ids(population: Population) -> dict[str, str]:
    """Map every id that a database may hold of somebody to the auth user id."""
    cast = population.cast
    ids = (cast.profile_id, cast.messaging_id, cast.messaging_profile, cast.auth_id)
    return {
        one: root
        for column in ids
        for one, root in zip(column, cast.auth_id, strict=True)
        if one is not None
    }


def messages_by_persona(population: Population, rows: SliceRows) -> pd.DataFrame:
    """Return the messages with sender, persona, onset day, day and local hour."""
    truth = population.truth(moment(119))
    messages = rows.inserted("messaging", "messages")
    local = messages["created_at"].dt.tz_localize("UTC").dt.tz_convert(ZONE)
    start = pd.Timestamp(EPOCH, tz=ZONE)
    sender = messages["sender_profile_id"].map(root_ids(population))
    return pd.DataFrame(
        {
            "sender": sender,
            "persona": sender.map(truth["persona"]),
            "onset_day": sender.map(truth["onset_day"]),
            "day": (local - start) // pd.Timedelta(days=1),
            "at_night": local.dt.hour.between(1, 5),
        }
    )
