"""Times of a job as cron writes them, checked at start."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

from aura_engine.i18n import t
from aura_engine.settings.working_time import WEEKDAYS

_NUMBERS: Final = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12)}
_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_PART: Final = re.compile(r"(?:\*|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:/([0-9]{1,4}))?")


def _bounds(field: str) -> tuple[int, int]:
    return _NUMBERS.get(field, (0, len(WEEKDAYS) - 1))


def _place(field: str, token: str) -> int | None:
    """Return where a token stands in its field's order; None for what does not belong there."""
    if field == "weekday":
        # Sunday is 0 to cron and 6 to others: a number would start a job on the wrong day.
        return WEEKDAYS.index(token) if token in WEEKDAYS else None
    if field == "month" and token in _MONTHS:
        return _MONTHS.index(token) + 1
    low, high = _bounds(field)
    return int(token) if token.isascii() and token.isdigit() and low <= int(token) <= high else None


def _fits(field: str, part: str) -> bool:
    match = _PART.fullmatch(part)
    if match is None:
        return False
    first, last, step = match.groups()
    tokens = [token for token in (first, last) if token is not None]
    places = [place for token in tokens if (place := _place(field, token)) is not None]
    if len(places) < len(tokens) or len({token.isdigit() for token in tokens}) > 1:
        return False
    if step is None:
        return places == sorted(places)
    # What runs a job takes no step with names, and none that leaves the range at once.
    low, high = places if len(places) == 2 else _bounds(field)
    return len(tokens) != 1 and not any(map(str.isalpha, tokens)) and 0 < int(step) <= high - low


def check_cron(text: str) -> str:
    """Return five fields in lower case, separated by one space.

    Raises
    ------
    ValueError
        If there are not five, or one is not of its kind.
    """
    parts = text.lower().split()
    names = (*_NUMBERS, "weekday")
    if len(parts) != len(names):
        raise ValueError(t("settings.cron_fields"))
    for name, field in zip(names, parts, strict=True):
        if not all(_fits(name, part) for part in field.split(",")):
            raise ValueError(t("settings.cron_field", field=t(f"settings.cron_{name}")))
    return " ".join(parts)


CronExpression = Annotated[str, AfterValidator(check_cron)]
