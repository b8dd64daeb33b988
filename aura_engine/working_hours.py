"""Working time: when a team is at its desk, and how much of it lies between two moments.

Days and hours are those of the team's zone, so that an office opens at eight before and after
a change of the clocks. Time is counted as it passes: a shift over a skipped hour is shorter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo

Shift = tuple[int, int]
"""Minutes of a day after midnight: from the first up to the second, at most 1440."""


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """A week's working hours and the days on which nobody works.

    Parameters
    ----------
    zone : ZoneInfo
        Where days begin.
    weekdays : frozenset of int
        Monday is 0; at least one.
    shifts : tuple of Shift
        In order, none into the next; at least one.
    holidays : frozenset of date
        Without work, whatever weekday they are.
    """

    zone: ZoneInfo
    weekdays: frozenset[int]
    shifts: tuple[Shift, ...]
    holidays: frozenset[date] = frozenset()

    def spans(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working time from a moment on: pairs in UTC, in order, without end."""
        since = since.astimezone(UTC)
        day = since.astimezone(self.zone).date()
        reached = since
        while True:
            for first, last in self._shifts_of(day):
                # Where clocks skip an hour, two shifts can meet in the same minutes.
                start, end = max(self._moment(day, first), reached), self._moment(day, last)
                if start < end:
                    yield start, end
                    reached = end
            day += timedelta(days=1)

    def after(self, start: datetime, working: timedelta) -> datetime:
        """Return the first moment by which so much working time has passed since a start."""
        left = working
        if left <= timedelta(0):
            return start.astimezone(UTC)
        for first, last in self.spans(start):
            if left <= last - first:
                return first + left
            left -= last - first
        raise AssertionError("working time has no end")  # spans() never returns

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return how much working time lies between two moments; none when the end is first."""
        passed = timedelta(0)
        for first, last in self.spans(start):
            if first >= end:
                break
            passed += min(last, end) - first
        return passed

    def _shifts_of(self, day: date) -> tuple[Shift, ...]:
        is_worked = day.weekday() in self.weekdays and day not in self.holidays
        return self.shifts if is_worked else ()

    def _moment(self, day: date, minutes: int) -> datetime:
        if minutes == 24 * 60:
            day, minutes = day + timedelta(days=1), 0
        wall = clock_time(minutes // 60, minutes % 60)
        return datetime.combine(day, wall, tzinfo=self.zone).astimezone(UTC)
