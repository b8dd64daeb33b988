"""Days as the young people live them: local midnights, school weeks, hours of writing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

_NIGHT: Final = np.arange(1, 6)
_SCHOOL_DAY: Final = np.array(
    [2.5, 0, 0, 0, 0, 0, 2, 4, 2.5, 2, 3, 3, 3.5, 4, 6, 6.5, 6, 6, 7, 8, 9.5, 10.5, 9, 5.5]
)
_FREE_DAY: Final = np.array(
    [5.5, 0, 0, 0, 0, 0, 0.5, 1, 2, 4, 5.5, 6.5, 7, 7, 6.5, 6, 6, 6.5, 7, 8, 8.5, 9, 9, 8]
)
_WEEKDAY_VOLUME: Final = (0.95, 0.94, 0.95, 1.0, 1.16, 1.2, 1.05)
_FESTIVE: Final = frozenset(
    {(1, 1), (2, 14), (5, 10), (9, 15), (9, 16), (12, 12), (12, 24), (12, 25), (12, 31)}
)
_EXAM_CYCLE_WEEKS: Final = 7


def to_ms(moment: datetime) -> int:
    """Return whole milliseconds since 1970 of an aware moment, rounded down."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def is_night(hour: int) -> bool:
    """Whether an hour of the clock is one in which people sleep who can: 01:00 to 05:59."""
    return hour in _NIGHT


def is_vacation(day: date) -> bool:
    """Whether schools are closed: summer, and from mid-December to Epiphany."""
    month_day = (day.month, day.day)
    return (7, 15) <= month_day <= (8, 27) or month_day >= (12, 20) or month_day <= (1, 6)


def is_exam_week(day: date) -> bool:
    """Whether it is one of the weeks, every seventh, in which schools examine."""
    monday_number = (day.toordinal() - 1) // 7
    return not is_vacation(day) and monday_number % _EXAM_CYCLE_WEEKS == 0


@dataclass(frozen=True)
class LocalDay:
    """One local day and its common mood.

    Attributes
    ----------
    number : int
        Days since the epoch; negative before it.
    date : date
        Of the local calendar.
    start, length : int
        Local midnight in milliseconds since 1970, and how long the day is.
    """

    number: int
    date: date
    start: int
    length: int

    @property
    def end(self) -> int:
        """Next local midnight, in milliseconds since 1970."""
        return self.start + self.length

    @property
    def is_free(self) -> bool:
        """Whether people can stay up and sleep in."""
        return self.date.weekday() >= 5 or is_vacation(self.date)

    @property
    def volume(self) -> float:
        """Factor on what everyone writes."""
        factor = _WEEKDAY_VOLUME[self.date.weekday()]
        factor *= 1.35 if (self.date.month, self.date.day) in _FESTIVE else 1.0
        return factor * (0.78 if is_exam_week(self.date) else 1.0)

    @property
    def night(self) -> float:
        """Factor on everyone's share of night writing."""
        return 1.5 if self.is_free else 1.25 if is_exam_week(self.date) else 0.9

    @property
    def gloom(self) -> float:
        """Probability that a text of anybody comes from a bad mood of the day."""
        return 0.09 if is_exam_week(self.date) else 0.015

    def bustle(self, hour: int) -> float:
        """Return how much is written in an hour of the clock, 1 in the busiest; 0 at night."""
        return float(self._hours[hour] / self._hours.max())

    def moments(
        self, rng: np.random.Generator, night_share: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Draw moments of the day.

        Parameters
        ----------
        rng : Generator
            Source of chance.
        night_share : ndarray of float
            Probability of each event to fall between 01:00 and 05:59, 0 to 1.

        Returns
        -------
        at : ndarray of int64
            Milliseconds since 1970.
        at_night : ndarray of bool
            Whether it fell into the night.
        """
        count = len(night_share)
        by_day = rng.choice(24, count, p=self._hours / self._hours.sum())
        # Who writes at night mostly does so before three.
        by_night = rng.choice(_NIGHT, count, p=[0.4, 0.27, 0.16, 0.09, 0.08])
        at_night = rng.random(count) < night_share
        hour = np.where(at_night, by_night, by_day)
        offset = hour * HOUR_MS + rng.integers(0, HOUR_MS, count)
        return self.start + np.minimum(offset, self.length - 1), at_night

    @property
    def _hours(self) -> npt.NDArray[np.float64]:
        return _FREE_DAY if self.is_free else _SCHOOL_DAY


class Calendar:
    """Local days counted from an epoch.

    Parameters
    ----------
    epoch : date
        Of day 0.
    zone : ZoneInfo
        Whose midnights part the days.
    """

    def __init__(self, epoch: date, zone: ZoneInfo) -> None:
        self.epoch, self.zone = epoch, zone

    def day(self, number: int) -> LocalDay:
        """Return a local day by its number."""
        local = self.epoch + timedelta(days=number)
        start = to_ms(datetime.combine(local, time(), self.zone))
        end = to_ms(datetime.combine(local + timedelta(days=1), time(), self.zone))
        return LocalDay(number, local, start, end - start)

    def number_of(self, at: int) -> int:
        """Return the number of the local day that holds a time in milliseconds since 1970."""
        local = datetime.fromtimestamp(at / 1000, self.zone).date()
        return (local - self.epoch).days
