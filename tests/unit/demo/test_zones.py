"""People live by the clocks of their own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from aura_engine.demo.localdays import HOUR_MS, Calendar
from aura_engine.demo.population import Population
from aura_engine.demo.texts import TextPool
from tests.unit.demo.stage import EPOCH, SEED, moment

ZONES = ["America/Mexico_City", "Asia/Tokyo", "Europe/Madrid"]


@pytest.mark.parametrize("name", ZONES)
def test_a_day_begins_at_midnight_of_the_zone(name: str) -> None:
    calendar = Calendar(EPOCH, ZoneInfo(name))
    day = calendar.day(3)
    begins = datetime.fromtimestamp(day.start / 1000, ZoneInfo(name))
    assert (begins.time(), begins.date()) == (time(), day.date)
    assert calendar.number_of(day.start) == 3
    assert calendar.number_of(day.start - 1) == 2


def test_a_day_on_which_clocks_change_is_shorter() -> None:
    calendar = Calendar(date(2026, 3, 29), ZoneInfo("Europe/Madrid"))
    assert [calendar.day(n).length // HOUR_MS for n in (-1, 0, 1)] == [24, 23, 24]


@pytest.mark.parametrize("name", ZONES)
def test_few_write_in_the_small_hours_of_their_own_zone(pool: TextPool, name: str) -> None:
    rows = Population(SEED, 200, EPOCH, ZoneInfo(name), pool=pool).rows(None, moment(6))
    sent = pd.DatetimeIndex(rows.inserted("messaging", "messages")["created_at"])
    hours = sent.tz_localize(UTC).tz_convert(name).hour
    at_night = ((hours >= 1) & (hours <= 5)).mean()
    by_evening = ((hours >= 18) & (hours <= 22)).mean()
    assert at_night < 0.15
    assert by_evening > 0.3
