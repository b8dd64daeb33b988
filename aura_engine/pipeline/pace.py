"""How fast a stage goes and how long it will take, from how far it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """The speed of something under way.

    Attributes
    ----------
    per_second : float
        Pieces done a second since it began.
    seconds_left : float
        At that speed, 0 or more.
    """

    per_second: float
    seconds_left: float


def pace(done: int, total: int | None, seconds: float) -> Pace | None:
    """Return the speed and the time left; None while nothing can be said.

    Parameters
    ----------
    done : int
        Pieces behind it.
    total : int or None
        Pieces in all; None where that is unknown.
    seconds : float
        Since it began.
    """
    if not total or done <= 0 or seconds <= 0:
        return None
    per_second = done / seconds
    return Pace(per_second, max(0.0, (total - done) / per_second))
