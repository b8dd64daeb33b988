"""The demo's population: everything that its people did in any stretch of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from aura_engine.demo.cast import FIRST_DAY, Cast
from aura_engine.demo.journal import Batch, between
from aura_engine.demo.localdays import Calendar, to_ms
from aura_engine.demo.personas import AT_RISK, PERSONAS
from aura_engine.demo.simulation import Simulation
from aura_engine.demo.texts import TextPool
from aura_engine.demo.words import TextSource, Words
from aura_engine.errors import DemoError
from aura_engine.i18n import t

_KEPT_DAYS: Final = 3


@dataclass(frozen=True)
class SliceRows:
    """Rows of a stretch of time, each kind in the order of time.

    Attributes
    ----------
    inserts : tuple of Batch
        New rows; a batch's references may be in another batch of the same slice.
    updates : tuple of Batch
        Changes and deletions of rows of this or an earlier slice. All inserts, then all
        updates, then all deletions lead to the same state wherever time is cut.
    """

    inserts: tuple[Batch, ...]
    updates: tuple[Batch, ...]

    def inserted(self, database: str, table: str) -> pd.DataFrame:
        """Return the new rows of one table; no columns where there are none."""
        parts = [b for b in self.inserts if (b.database, b.table) == (database, table)]
        return pd.DataFrame(dict(parts[0].columns)) if parts else pd.DataFrame()


class Population:
    """Everyone of the demo, deterministic in its parameters.

    The simulation stands still where it was last asked for: the next slice goes on from there,
    and only a slice that lies further back lives through the days again.

    Parameters
    ----------
    seed : int
        Not negative.
    users : int
        How many are scored; staff and the traces of vanished accounts come on top.
    epoch : date
        Local date of day 0 of the history.
    zone : ZoneInfo
        In which the people live.
    pool : TextSource, optional
        What people write; a `TextPool` of the same seed for as many people by default.
    """

    def __init__(
        self,
        seed: int,
        users: int,
        epoch: date,
        zone: ZoneInfo,
        *,
        pool: TextSource | None = None,
    ) -> None:
        self.seed, self.users, self.epoch = seed, users, epoch
        self.calendar = Calendar(epoch, zone)
        self._words = Words(TextPool(seed, users) if pool is None else pool)
        self._simulation = self._begin()
        self._recent: dict[int, list[Batch]] = {}

    @property
    def cast(self) -> Cast:
        """Everyone who acts, with their ids; the scored people come first."""
        return self._simulation.cast

    def rows(self, t0: datetime | None, t1: datetime) -> SliceRows:
        """Return what came to be or changed in (t0, t1].

        Parameters
        ----------
        t0, t1 : datetime
            Zone-aware; without `t0` everything up to `t1`.

        Raises
        ------
        DemoError
            If a moment has no zone or `t1` lies before the history.
        """
        after, until = (None if t0 is None else self._ms(t0)), self._ms(t1)
        first = FIRST_DAY if after is None else max(self.calendar.number_of(after), FIRST_DAY)
        last = self.calendar.number_of(until)
        if last < FIRST_DAY:
            raise DemoError(t("demo.before_history", first=self.calendar.day(FIRST_DAY).date))
        batches = between([b for day in self._days(first, last) for b in day], after, until)
        return SliceRows(
            tuple(b for b in batches if b.operation == "insert"),
            tuple(b for b in batches if b.operation != "insert"),
        )

    def truth(self, as_of: datetime) -> pd.DataFrame:
        """Return the planted truth as it stands at a moment.

        Returns
        -------
        DataFrame
            Index ``user_id`` (str). ``persona``: what the person is, or turns into at the onset.
            ``onset_day`` (float, days since the epoch; NaN for those who always were so),
            ``onset_date`` (date or None). ``turned``: whether the onset has come.
            ``progress``: how far the change has come, 0 to 1. ``at_risk``: turned into, or
            always of, a persona of the planted risk. A person with a later persona (after
            day 120) is described by the latest one.
        """
        day = max(self.calendar.number_of(self._ms(as_of)), FIRST_DAY)
        moves = self._simulation.turns.known(day)
        names = np.array([persona.value for persona in PERSONAS], dtype=object)[moves.target]
        always = np.isneginf(moves.onset)
        turned = moves.onset <= day
        risky = np.isin(moves.target, [PERSONAS.index(persona) for persona in AT_RISK])
        return pd.DataFrame(
            {
                "persona": names,
                "onset_day": np.where(always, np.nan, moves.onset),
                "onset_date": self._dates(moves.onset, always),
                "turned": turned & ~always,
                "progress": moves.progress(day),
                "at_risk": risky & turned,
            },
            index=pd.Index(self.cast.auth_id[: self.users], name="user_id"),
        )

    def _dates(self, onset: npt.NDArray[np.float64], always: npt.NDArray[np.bool_]) -> list[Any]:
        return [
            None if never else self.calendar.day(int(day)).date
            for day, never in zip(onset, always, strict=True)
        ]

    def _begin(self) -> Simulation:
        return Simulation(self.seed, self.users, self.calendar, self._words)

    def _days(self, first: int, last: int) -> Iterator[list[Batch]]:
        if first < self._simulation.next_day and first not in self._recent:
            self._simulation, self._recent = self._begin(), {}
        while self._simulation.next_day < first:
            self._live()
        for number in range(first, last + 1):
            if number not in self._recent:
                self._live()
            yield self._recent[number]

    def _live(self) -> None:
        number = self._simulation.next_day
        self._recent[number] = self._simulation.live_one_day()
        self._recent.pop(number - _KEPT_DAYS, None)

    @staticmethod
    def _ms(moment: datetime) -> int:
        if moment.tzinfo is None:
            raise DemoError(t("demo.naive_moment"))
        return to_ms(moment)
