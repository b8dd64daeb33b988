"""The demo's team: what cases of past days went through before anybody opens the desk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import Engine, text

from aura_engine.i18n import t
from aura_engine.sql import load_queries
from aura_engine.store.access import Role, Viewer
from aura_engine.store.case_actions import (
    EXPLAINED,
    CaseRef,
    Outcome,
    acknowledge,
    add_note,
    close,
    snooze,
)
from aura_engine.store.case_clock import tick
from aura_engine.store.cases import CaseStage
from aura_engine.store.connect import reading
from aura_engine.store.reads import CaseFilter, case_list
from aura_engine.working_hours import WorkingHours

TEAM: Final = Viewer("demo:counselor", Role.COUNSELOR)
"""The counselor as whom the demo's pages can be seen; nobody else is invented."""
TAKEN_A_DAY: Final = 16
"""Cases that two counselors acknowledge on a working day, each as many as `AURA_CASES_PER_DAY` has
by default."""
PAUSE: Final = timedelta(minutes=7)
"""Between two actions."""
ENDED_AFTER: Final = timedelta(days=3, hours=12)
"""From the acknowledgement of a case to its end, on the fourth day after."""
PUT_OFF: Final = timedelta(days=10)
PUT_OFF_EVERY: Final = 9
"""One case in so many is put off."""
OUTCOMES: Final = (
    *(Outcome.ATTENDED,) * 4,
    Outcome.REFERRED,
    Outcome.ACCOMPANIED,
    Outcome.UNREACHABLE,
    Outcome.FALSE_POSITIVE,
)
"""How cases end, by their number."""
_HAS_ACTED: Final = load_queries("demo_team")["has_acted"]


@dataclass(frozen=True)
class Team:
    """Works on the cases of one day after the other.

    Parameters
    ----------
    store : Engine
        The analytics database.
    working : WorkingHours
        In which deadlines run; nobody works on other days.
    """

    store: Engine
    working: WorkingHours

    def work(self, night: datetime) -> None:
        """Do what the day after a night's run has to do, unless some of it was done already.

        Parameters
        ----------
        night : datetime
            As of which the run was, zone-aware.
        """
        tick(self.store, now=night, working=self.working, channels=())
        opens, _ = next(self.working.spans(night))
        is_today = opens - night < timedelta(days=1)
        if not is_today or self._has_acted(opens):
            return
        moments = self._moments(opens)
        for case in self._cases(CaseStage.ACTIVE, opens):
            self._follow_up(case, moments)
        for case in islice(self._cases(CaseStage.WAITING, opens), TAKEN_A_DAY):
            self._take(case, next(moments))
        tick(self.store, now=next(moments), working=self.working, channels=())

    def _take(self, case: dict[str, Any], at: datetime) -> None:
        version = acknowledge(self.store, TEAM, CaseRef(case["id"], case["version"]), at=at)
        if case["id"] % 2:
            add_note(self.store, TEAM, CaseRef(case["id"], version), t("demo.note"), at=at)

    def _follow_up(self, case: dict[str, Any], moments: Iterator[datetime]) -> None:
        number, ref = case["id"], CaseRef(case["id"], case["version"])
        at = next(moments)
        if at - case["acknowledged_at"] >= ENDED_AFTER:
            outcome = OUTCOMES[number % len(OUTCOMES)]
            note = t("demo.explained") if outcome in EXPLAINED else ""
            close(self.store, TEAM, ref, outcome, note, at=at)
        elif number % PUT_OFF_EVERY == 0:
            reason = t("demo.put_off")
            snooze(self.store, TEAM, ref, until=at + PUT_OFF, reason=reason, at=at)

    def _cases(self, stage: CaseStage, now: datetime) -> list[dict[str, Any]]:
        """Return the cases of a stage that the team may work on: none that somebody else has."""
        with reading(self.store) as connection:
            found = case_list(connection, TEAM, CaseFilter(stage=stage), now=now)
        return [case for case in found if case["assigned_to"] in (None, TEAM.name)]

    def _moments(self, opens: datetime) -> Iterator[datetime]:
        while True:
            opens += PAUSE
            yield opens

    def _has_acted(self, since: datetime) -> bool:
        with reading(self.store) as connection:
            asked = {"team": TEAM.name, "since": since}
            return bool(connection.scalar(text(_HAS_ACTED), asked))
