"""When the nightly run was last due, by any expression that the settings allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_engine.pipeline.nightly import NIGHTLY_AT
from aura_engine.settings import Settings
from scheduler.cron import last_due

MEXICO = ZoneInfo("America/Mexico_City")
NEW_YORK = ZoneInfo("America/New_York")
NIGHTLY = Settings.load({}).nightly_cron
SUNDAY = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)  # afternoon in Mexico


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 3, 1, 9, 29, 59, tzinfo=UTC), datetime(2026, 2, 28, 9, 30, tzinfo=UTC)),
        (datetime(2026, 3, 1, 9, 30, tzinfo=UTC), datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        (datetime(2026, 3, 1, 23, 0, tzinfo=UTC), datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
    ],
)
def test_the_nightly_run_is_due_at_half_past_three_of_the_population(
    now: datetime, due: datetime
) -> None:
    assert last_due(NIGHTLY, now, MEXICO) == due


@pytest.mark.parametrize(
    ("cron", "due"),
    [
        ("*/15 * * * *", datetime(2026, 3, 1, 23, 0, tzinfo=UTC)),
        ("0 2 * * sun", datetime(2026, 3, 1, 8, 0, tzinfo=UTC)),
        ("0 2 * * mon-fri", datetime(2026, 2, 27, 8, 0, tzinfo=UTC)),
        ("0 2 15 * *", datetime(2026, 2, 15, 8, 0, tzinfo=UTC)),
        ("0 2 1 jan *", datetime(2026, 1, 1, 8, 0, tzinfo=UTC)),
        ("0 2 29 2 *", datetime(2024, 2, 29, 8, 0, tzinfo=UTC)),
        ("0 2 31 2 *", None),
    ],
)
def test_other_expressions_are_due_when_cron_would_say(cron: str, due: datetime | None) -> None:
    assert Settings.load({"AURA_NIGHTLY_CRON": cron}).nightly_cron == cron
    assert last_due(cron, SUNDAY, MEXICO) == due


@given(minutes=st.integers(0, 2 * 366 * 24 * 60))
def test_the_last_due_moment_is_never_more_than_a_long_day_ago(minutes: int) -> None:
    moment = datetime(2025, 1, 2, tzinfo=UTC) + timedelta(minutes=minutes)
    due = last_due(NIGHTLY, moment, NEW_YORK)
    assert due is not None
    assert 0 <= (moment - due).total_seconds() <= 25 * 3600
    assert due.astimezone(NEW_YORK).time() == NIGHTLY_AT
