"""Working days, hours and holidays as the settings write them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from aura_engine.i18n import t
from aura_engine.working_hours import Shift

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_HOLIDAY: Final = timedelta(days=366)
_HOURS: Final = re.compile(r"([0-2]?[0-9]):([0-5][0-9])\s*-\s*([0-2]?[0-9]):([0-5][0-9])")


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.lower().split(",") if part.strip()]


def read_weekdays(given: object) -> object:
    """Return days such as ``mon-fri`` or ``mon,wed,fri`` as numbers, Monday 0.

    Raises
    ------
    ValueError
        If a day has no such name, a range runs backwards, or there is none.
    """
    if not isinstance(given, str):
        return given
    days: set[int] = set()
    for part in _parts(given):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise ValueError(t("settings.weekdays_form"))
        span = range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)
        if not span:
            raise ValueError(t("settings.weekdays_form"))
        days.update(span)
    if not days:
        raise ValueError(t("settings.weekdays_form"))
    return frozenset(days)


def read_shifts(given: object) -> object:
    """Return hours such as ``08:00-13:00,14:00-17:00`` as minutes of the day.

    Raises
    ------
    ValueError
        If they are not written so, or are not in order.
    """
    if not isinstance(given, str):
        return given
    shifts: list[Shift] = []
    reached = 0
    for part in _parts(given):
        match = _HOURS.fullmatch(part)
        if match is None:
            raise ValueError(t("settings.shifts_form"))
        start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
        start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
        if not reached <= start < end <= 24 * 60:
            raise ValueError(t("settings.shifts_order"))
        shifts.append((start, end))
        reached = end
    if not shifts:
        raise ValueError(t("settings.shifts_form"))
    return tuple(shifts)


def read_holidays(given: object) -> object:
    """Return days such as ``2026-12-25`` and ranges such as ``2026-12-21..2027-01-06``.

    Raises
    ------
    ValueError
        If one is no date, or a range runs backwards or is longer than a year.
    """
    if not isinstance(given, str):
        return given
    days: set[date] = set()
    for part in _parts(given):
        first_text, _, last_text = part.partition("..")
        try:
            first = date.fromisoformat(first_text)
            last = date.fromisoformat(last_text) if last_text else first
        except ValueError:
            raise ValueError(t("settings.holidays_form")) from None
        if not timedelta(0) <= last - first <= LONGEST_HOLIDAY:
            raise ValueError(t("settings.holidays_order"))
        days.update(first + timedelta(days=n) for n in range((last - first).days + 1))
    return frozenset(days)


Weekdays = Annotated[frozenset[int], NoDecode, BeforeValidator(read_weekdays)]
Shifts = Annotated[tuple[Shift, ...], NoDecode, BeforeValidator(read_shifts)]
Holidays = Annotated[frozenset[date], NoDecode, BeforeValidator(read_holidays)]
