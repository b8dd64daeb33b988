"""Working time against a count minute by minute, over changes of the clocks too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_engine.working_hours import WorkingHours

MINUTE = timedelta(minutes=1)
# Clocks change at two, at midnight, by half an hour, and not at all.
ZONES = (
    *("America/Tijuana", "Europe/Madrid", "America/Santiago"),
    *("Australia/Lord_Howe", "America/Mexico_City"),
)
CHANGES = (
    *(datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)),
    *(datetime(2026, 4, 5, tzinfo=UTC), datetime(2026, 9, 6, tzinfo=UTC)),
    *(datetime(2026, 10, 4, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)),
    datetime(2026, 11, 1, tzinfo=UTC),
)
OFFICE = WorkingHours(
    ZoneInfo("America/Mexico_City"),
    frozenset(range(5)),
    ((8 * 60, 13 * 60), (14 * 60, 17 * 60)),
    frozenset({date(2026, 11, 2)}),
)

moments = st.builds(
    lambda change, minutes: change + minutes * MINUTE,
    st.sampled_from(CHANGES),
    st.integers(-3 * 1440, 3 * 1440),
)


def _shifts(boundaries: list[int]) -> tuple[tuple[int, int], ...]:
    boundaries = sorted(boundaries)[: len(boundaries) // 2 * 2]
    return tuple(zip(boundaries[::2], boundaries[1::2], strict=True))


def offices(boundary: st.SearchStrategy[int]) -> st.SearchStrategy[WorkingHours]:
    return st.builds(
        WorkingHours,
        st.sampled_from(ZONES).map(ZoneInfo),
        st.frozensets(st.integers(0, 6), min_size=1),
        st.lists(boundary, min_size=2, max_size=6, unique=True).map(_shifts),
        st.frozensets(st.sampled_from(CHANGES).map(lambda change: change.date())),
    )


any_office = offices(st.integers(0, 96).map(lambda quarter: quarter * 15))
# By day each time of the clock comes exactly once.
day_office = offices(
    st.one_of(st.integers(16, 91).map(lambda quarter: quarter * 15), st.just(1440))
)


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=OFFICE.zone)


def counted(office: WorkingHours, start: datetime, end: datetime) -> timedelta:
    """Minutes whose local time lies in a shift."""
    open_minutes = 0
    while start < end:
        local = start.astimezone(office.zone)
        minute = local.hour * 60 + local.minute
        is_worked = local.weekday() in office.weekdays and local.date() not in office.holidays
        open_minutes += is_worked and any(a <= minute < b for a, b in office.shifts)
        start += MINUTE
    return open_minutes * MINUTE


@given(day_office, moments, st.integers(0, 4 * 1440))
@settings(deadline=None, max_examples=60)
def test_time_between_is_what_a_clock_on_the_wall_counts(office, start, minutes):
    end = start + minutes * MINUTE
    assert office.between(start, end) == counted(office, start, end)


@given(any_office, moments, st.integers(1, 3000))
@settings(deadline=None)
def test_a_deadline_is_the_first_moment_at_which_its_time_has_passed(office, start, minutes):
    working = minutes * MINUTE
    due = office.after(start, working)
    assert due.tzinfo is UTC
    assert office.between(start, due) == working
    assert office.between(start, due - MINUTE) < working


@given(any_office, st.lists(moments, min_size=3, max_size=3).map(sorted))
@settings(deadline=None)
def test_time_adds_up_over_any_moment_between(office, three):
    first, middle, last = three
    whole = office.between(first, last)
    assert office.between(first, middle) + office.between(middle, last) == whole
    assert timedelta(0) <= whole <= last - first


@given(any_office, moments)
@settings(deadline=None)
def test_spans_are_in_order_apart_and_never_on_a_holiday(office, start):
    spans = office.spans(start)
    reached = start
    for _ in range(20):
        first, last = next(spans)
        assert reached <= first < last
        worked_on = first.astimezone(office.zone).date()
        assert worked_on not in office.holidays
        assert office.between(first, last) == last - first
        reached = last


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        (at(4, 9), 2, at(4, 11)),
        (at(4, 12), 2, at(4, 15)),  # over lunch
        (at(4, 16), 2, at(5, 9)),  # over night
        (at(6, 16), 2, at(9, 9)),  # over a weekend
        (at(7, 23), 1, at(9, 9)),
        (at(30, 16, month=10), 2, at(3, 9)),  # over a weekend and a holiday
        (at(4, 6), 8, at(4, 17)),
        (at(4, 9), 0, at(4, 9)),
    ],
)
def test_deadlines_of_an_office(start, hours, due):
    assert OFFICE.after(start, timedelta(hours=hours)) == due


def test_a_shift_begins_with_its_first_minute_and_is_over_at_its_end():
    spans = OFFICE.spans(at(4, 7))
    assert next(spans) == (at(4, 8), at(4, 13))
    assert next(spans) == (at(4, 14), at(4, 17))
    assert next(OFFICE.spans(at(4, 13))) == (at(4, 14), at(4, 17))


def test_a_shift_over_the_skipped_hour_is_shorter_and_over_the_repeated_one_longer():
    night = WorkingHours(ZoneInfo("Europe/Madrid"), frozenset(range(7)), ((0, 6 * 60),))
    spring = datetime(2026, 3, 29, tzinfo=night.zone)
    autumn = datetime(2026, 10, 25, tzinfo=night.zone)
    assert night.between(spring, spring.replace(hour=12)) == timedelta(hours=5)
    assert night.between(autumn, autumn.replace(hour=12)) == timedelta(hours=7)


def test_nothing_lies_between_a_moment_and_an_earlier_one():
    assert OFFICE.between(at(5, 9), at(4, 9)) == timedelta(0)
