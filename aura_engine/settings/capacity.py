"""How many people counselors can take up in a day, as the settings write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil
from typing import Annotated, Final

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from aura_engine.i18n import t

MOST: Final = 200
"""Nobody looks at more people in a day."""
_FORM: Final = re.compile(r"(team:)?([0-9]{1,3})")


@dataclass(frozen=True, slots=True)
class DailyCapacity:
    """What people can really take up in a day.

    Parameters
    ----------
    cases : int
        How many; at least one.
    is_of_team : bool
        Whether all share them, or each counselor takes as many.
    """

    cases: int
    is_of_team: bool = False

    def share(self, counselors: int) -> int:
        """Return how many one counselor takes up among so many; all of them where alone."""
        return ceil(self.cases / max(1, counselors)) if self.is_of_team else self.cases


def read_capacity(given: object) -> object:
    """Return ``8`` as a capacity per counselor, and ``team:24`` as one of the team.

    Raises
    ------
    ValueError
        If it is not written so, or is none or beyond what anybody does.
    """
    if not isinstance(given, str):
        return given
    match = _FORM.fullmatch(given.strip().lower())
    if match is None or not 1 <= int(match[2]) <= MOST:
        raise ValueError(t("settings.capacity_form", most=MOST))
    return DailyCapacity(int(match[2]), match[1] is not None)


Capacity = Annotated[DailyCapacity, NoDecode, BeforeValidator(read_capacity)]
