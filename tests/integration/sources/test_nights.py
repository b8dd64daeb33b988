"""Night is told by the population's clock: PostgreSQL's clock changes are those of zoneinfo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aura_engine.domain import NIGHT_HOURS
from aura_engine.sources import Source, extract_activity
from tests.integration.sources.conftest import World

ZONES = ["America/Mexico_City", "America/Tijuana", "Europe/Madrid", "America/New_York"]
ANA = "00000000-0000-4000-a000-000000000001"
SPRING = datetime(2026, 3, 8, 10, tzinfo=UTC)
"""When the clocks of Tijuana jump from 02:00 (UTC-8) to 03:00 (UTC-7)."""
moments = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 -- the strategy adds the zone
    datetime(2027, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
few_and_slow = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def writer(blank_world: World) -> World:
    """One person whom messaging knows by her auth id."""
    blank_world.insert(
        Source.AUTH,
        "users",
        {"user_id": ANA, "username": "a", "email": "a", "password_hash": "x", "id_role": 2},
    )
    blank_world.execute(Source.AUTH, "UPDATE users SET created_at = '2020-01-01'")
    blank_world.insert(Source.MESSAGING, "users", {"profile_id": ANA, "username": "a"})
    return blank_world


def counted(
    world: World, sent: list[datetime], zone: str, *, as_of: datetime, days: int = 3650
) -> tuple[int, int]:
    """Return how many of Ana's messages are of the night, and how many there are."""
    world.execute(Source.MESSAGING, "DELETE FROM messages")
    world.execute(
        Source.MESSAGING,
        "INSERT INTO messages (sender_profile_id, content, created_at)"
        " SELECT CAST(:ana AS uuid), 'hola', unnest(CAST(:sent AS timestamptz[]))",
        ana=ANA,
        sent=sent,
    )
    found = extract_activity(world.sources, as_of=as_of, window_days=days, timezone=zone)
    person = found.activity.loc[ANA]
    return int(person["night_messages"]), int(person["messages"])


def is_night(moment: datetime, zone: str) -> bool:
    first, last = NIGHT_HOURS
    return first <= moment.astimezone(ZoneInfo(zone)).hour <= last


@few_and_slow
@given(st.lists(moments, min_size=1, max_size=60), st.sampled_from(ZONES))
@example([SPRING - timedelta(microseconds=1), SPRING], "America/Tijuana")
@example([datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in range(6)], "Europe/Madrid")
def test_a_night_is_the_same_to_the_server_and_to_python(
    writer: World, sent: list[datetime], zone: str
) -> None:
    night, everything = counted(writer, sent, zone, as_of=datetime(2027, 2, 1, tzinfo=UTC))
    assert everything == len(sent)
    assert night == sum(is_night(moment, zone) for moment in sent)


@few_and_slow
@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=20),
    st.lists(st.integers(-3, 3), min_size=1, max_size=20),
    st.integers(1, 365),
)
def test_a_message_counts_after_the_windows_start_and_up_to_its_end(
    writer: World, near_start: list[int], near_end: list[int], days: int
) -> None:
    as_of = datetime(2026, 3, 20, 12, tzinfo=UTC)
    since = as_of - timedelta(days=days)
    sent = [since + timedelta(microseconds=step) for step in near_start]
    sent += [as_of + timedelta(microseconds=step) for step in near_end]
    _, everything = counted(writer, sent, "America/Mexico_City", as_of=as_of, days=days)
    assert everything == sum(step > 0 for step in near_start) + sum(step <= 0 for step in near_end)


@pytest.mark.parametrize(
    ("zone", "sent", "night"),
    [
        # UTC-6 all year since 2022: 07:00 to 11:59 UTC.
        ("America/Mexico_City", ["07-01 06:59", "07-01 07:00", "07-01 11:59", "07-01 12:00"], 2),
        # Winter, UTC-8: 01:00 is 09:00 UTC; the night of the jump has no 02:00; summer, UTC-7.
        ("America/Tijuana", ["03-07 08:59", "03-07 09:00", "03-07 13:59", "03-07 14:00"], 2),
        ("America/Tijuana", ["03-08 08:59", "03-08 09:59", "03-08 10:00", "03-08 12:59"], 3),
        ("America/Tijuana", ["03-09 07:59", "03-09 08:00", "03-09 12:59", "03-09 13:00"], 2),
        # The night with two 02:30s, of which both count.
        ("Europe/Madrid", ["10-25 00:30", "10-25 01:30", "10-25 04:59", "10-25 05:00"], 3),
    ],
)
def test_nights_reckoned_by_hand(writer: World, zone: str, sent: list[str], night: int) -> None:
    parsed = [datetime.fromisoformat(f"2026-{moment}+00:00") for moment in sent]
    found = counted(writer, parsed, zone, as_of=datetime(2026, 12, 1, tzinfo=UTC))
    assert found == (night, len(sent))
