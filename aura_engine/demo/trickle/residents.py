"""The planned people at a moment, among them those whose days the trickle has turned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from aura_engine.demo.cast import FIRST_DAY, Flags, make_cast
from aura_engine.demo.localdays import Calendar, is_night, to_ms
from aura_engine.demo.personas import HEALTHY, PERSONAS, Persona
from aura_engine.demo.plan import DemoPlan
from aura_engine.demo.rhythm import Rhythm, Shares
from aura_engine.demo.texts import Kind, TextPool
from aura_engine.demo.today import Today
from aura_engine.demo.trickle.change import Act
from aura_engine.demo.turns import Moves, Turns
from aura_engine.demo.words import TextSource, Words

_SILENT: Final = 0.05
"""Texts a day below which somebody's silence is what shows: sped up, it would not."""


WRITING: Final = {Act.MESSAGE: "messages", Act.POST: "posts", Act.COMMENT: "comments"}
"""What is written, with the habit that says how often."""

_HABITS: Final = {
    Act.PRESENCE: "opens",
    Act.REQUEST: "requests",
    Act.UNFRIEND: "unfriending",
    Act.JOIN: "communities",
    Act.LEAVE: "leaving",
}


@dataclass(frozen=True)
class Present:
    """A moment of everyone's day.

    Attributes
    ----------
    now : datetime
        Zone-aware.
    today : Today
        The local day.
    at_night : bool
        Whether it is between 01:00 and 05:59 local time.
    bustle : float
        How busy the hour is, 0 to 1.
    """

    now: datetime
    today: Today
    at_night: bool
    bustle: float


class Residents:
    """Everyone of a plan, and what they would do now.

    Parameters
    ----------
    plan : DemoPlan
        Whose people.
    written : datetime
        Up to which moment the databases hold them, zone-aware; accounts of later are not there.
    pool : TextSource, optional
        What they write; a `TextPool` of the plan's seed by default.

    Attributes
    ----------
    moved : dict of int to Persona
        Who lives as another persona than planned, for now.
    """

    def __init__(self, plan: DemoPlan, written: datetime, pool: TextSource | None = None) -> None:
        self._calendar = Calendar(plan.epoch, plan.zone)
        self._turns = Turns(plan.seed, plan.users)
        self.cast = make_cast(plan.seed, plan.users, self._calendar, self._turns.on(FIRST_DAY))
        self._known = self.cast.has_account & (self.cast.messaging_created <= to_ms(written))
        self._rhythm = Rhythm(plan.seed, len(self.cast))
        self._words = Words(TextPool(plan.seed, plan.users) if pool is None else pool)
        self.moved: dict[int, Persona] = {}

    def at(self, now: datetime) -> Present:
        """Return how everyone's day is at a moment."""
        local = self._calendar.day(self._calendar.number_of(to_ms(now)))
        hour = now.astimezone(self._calendar.zone).hour
        today = Today(self.cast, local, self._moves(local.number), self._rhythm.mood(local))
        return Present(now, today, is_night(hour), local.bustle(hour))

    def there(self, today: Today) -> Flags:
        """Return who has an account by now and acts today."""
        return today.acting & self._known

    def willingness(self, act: Act, present: Present) -> Shares:
        """Return how likely each person is to be the one who does something now; not normalised."""
        today, cast = present.today, self.cast
        there = self.there(today) & (today.mood.volume > 0)
        if act in _HABITS:
            return np.where(there & cast.in_social, today.habit(_HABITS[act]), 0.0)
        shares = today.habit("night_share") if present.at_night else 1 - today.habit("night_share")
        written = [act] if act in WRITING else list(WRITING)
        rate = sum(self._volume(one, today) for one in written)
        return np.where(there & (self._pace(today) >= _SILENT), rate * shares, 0.0)

    def well(self, present: Present) -> npt.NDArray[np.int64]:
        """Return who is healthy today, with nothing planned otherwise, and heard everywhere."""
        today, cast = present.today, self.cast
        moves = today.moves
        healthy = np.zeros(len(cast), dtype=bool)
        settled = (moves.onset + moves.ramp) <= today.local.number
        healthy[: cast.users] = settled & np.isin(
            moves.target, [PERSONAS.index(persona) for persona in HEALTHY]
        )
        heard = cast.in_social & cast.in_messaging & self.there(today) & (today.mood.volume > 0)
        healthy[list(self.moved)] = False
        return np.flatnonzero(healthy & heard & (self._pace(today) >= _SILENT))

    def say(self, rng: np.random.Generator, present: Present, who: int, kind: Kind) -> str:
        """Return a text of the pool in the tone of somebody's day.

        Parameters
        ----------
        rng : Generator
            Source of chance.
        present : Present
            When it is said.
        who : int
            Position in the cast.
        kind : Kind
            Where it is said.
        """
        night = np.array([present.at_night])
        return str(self._words.deal(rng, present.today, np.array([who]), night, kind)[0])

    def _moves(self, day: int) -> Moves:
        moves = self._turns.on(day)
        if not self.moved:
            return moves
        who = np.array(list(self.moved))
        persona = np.array([PERSONAS.index(one) for one in self.moved.values()], dtype=np.int8)
        target, onset = moves.target.copy(), moves.onset.copy()
        target[who], onset[who] = persona, -np.inf
        return replace(moves, target=target, onset=onset)

    def _able(self, act: Act) -> Flags:
        return self.cast.in_messaging if act is Act.MESSAGE else self.cast.in_social

    def _volume(self, act: Act, today: Today) -> Shares:
        return today.volume(WRITING[act], self._able(act))

    def _pace(self, today: Today) -> Shares:
        """Return what everyone writes a day by their persona alone, whatever their own pace."""
        return np.asarray(sum(today.habit(name) for name in WRITING.values()))
