from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_engine.pipeline.nightly import NIGHTLY_AT, last_due

MEXICO = ZoneInfo("America/Mexico_City")
NEW_YORK = ZoneInfo("America/New_York")


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
    assert last_due(now, MEXICO) == due


@given(minutes=st.integers(0, 2 * 366 * 24 * 60))
def test_the_last_due_moment_is_never_more_than_a_long_day_ago(minutes: int) -> None:
    moment = datetime(2025, 1, 2, tzinfo=UTC) + timedelta(minutes=minutes)
    due = last_due(moment, NEW_YORK)
    assert 0 <= (moment - due).total_seconds() <= 25 * 3600
    assert due.astimezone(NEW_YORK).time() == NIGHTLY_AT
