"""The steady pace at which the demo's people go on living while it is served."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Final

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from aura_engine.demo.localdays import to_ms
from aura_engine.demo.plan import DemoPlan
from aura_engine.demo.streams import Stream, generator, pick_by_weight
from aura_engine.demo.trickle import accounts, ties, writing
from aura_engine.demo.trickle.change import Act, Change
from aura_engine.demo.trickle.hand import Hand
from aura_engine.demo.trickle.residents import WRITING, Present, Residents
from aura_engine.demo.trickle.spells import Spells, Step
from aura_engine.demo.words import TextSource
from aura_engine.demo.writer import require_own
from aura_engine.logs import error_text, get_logger
from aura_engine.sources import Source

log = get_logger(__name__)

PER_PERSON: Final = 0.015
"""Changes a minute and person at a middling hour; by night a third less, in the evening more."""

TURN_MINUTES: Final = 4.0
"""Mean time between two people whose days turn or mend."""

RETRY_SECONDS: Final = 2.0
"""Between two tries where a database does not answer."""

_FIRST_TURN: Final = timedelta(seconds=40)
_ANSWER_MINUTES: Final = 3.0
_TRIES: Final = 8
_WORDS_AT_NIGHT: Final = 0.3
"""How much less is written between 01:00 and 05:59; what needs no words goes on."""

_MIX: Final[Mapping[Act, float]] = {
    Act.MESSAGE: 50.0,
    Act.POST: 10.0,
    Act.COMMENT: 14.0,
    Act.PRESENCE: 9.0,
    Act.REQUEST: 5.0,
    Act.UNFRIEND: 2.0,
    Act.JOIN: 2.0,
    Act.LEAVE: 1.5,
    Act.EDIT: 3.0,
    Act.TAKE_DOWN: 3.0,
    Act.OPEN_ACCOUNT: 0.15,
    Act.CLOSE_ACCOUNT: 0.05,
}
_DEEDS: Final[Mapping[Act, Callable[[Hand, int, Present], Change | None]]] = {
    Act.MESSAGE: writing.message,
    Act.POST: writing.post,
    Act.COMMENT: writing.comment,
    Act.EDIT: writing.edit,
    Act.TAKE_DOWN: writing.take_down,
    Act.PRESENCE: ties.be_present,
    Act.REQUEST: ties.request,
    Act.UNFRIEND: ties.unfriend,
    Act.JOIN: ties.join,
    Act.LEAVE: ties.leave,
}
_ACCOUNTS: Final[Mapping[Act, Callable[[Hand, Present], list[Change]]]] = {
    Act.OPEN_ACCOUNT: accounts.open_account,
    Act.CLOSE_ACCOUNT: accounts.close_account,
}

_Deed = Callable[[Present], Sequence[Change]]


class Trickle:
    """Small changes by the plan's people, one after the other.

    Parameters
    ----------
    plan : DemoPlan
        Whose people.
    service : mapping of Source to Engine
        Writes the sources as the live services do.
    began : datetime
        Zone-aware; what happens follows from it, the plan's seed and what the databases hold.
    pool : TextSource, optional
        What people write; a `TextPool` of the plan's seed by default.

    Raises
    ------
    DemoError
        If a database does not hold the plan's people, or cannot be read.
    """

    def __init__(
        self,
        plan: DemoPlan,
        service: Mapping[Source, Engine],
        began: datetime,
        *,
        pool: TextSource | None = None,
    ) -> None:
        self.residents = Residents(plan, require_own(service, plan), pool)
        self.hand = Hand(
            service, self.residents, generator(plan.seed, Stream.TRICKLE, to_ms(began))
        )
        self.spells = Spells(self.hand)
        self._pace = PER_PERSON * plan.users
        self._order = count()
        self._agenda: list[tuple[datetime, int, _Deed]] = []
        self._note(began, self._go_on)
        self._note(began + _FIRST_TURN, self._turn_somebody)

    def run(self, stop: threading.Event, clock: Callable[[], datetime]) -> None:
        """Go on until told to stop; a database that does not answer is waited for.

        Parameters
        ----------
        stop : Event
            Ends it.
        clock : callable
            Tells the time, zone-aware.
        """
        waits = False
        while not stop.wait(self.seconds_left(clock())):
            try:
                for change in self.step(clock()):
                    log.debug("demo_change", act=change.act.value, table=change.table)
                waits = False
            except DBAPIError as error:
                if not _may_pass(error):
                    raise
                if not waits:
                    log.warning("trickle_waits_for_database", reason=error_text(error))
                waits = True
                stop.wait(RETRY_SECONDS)

    def seconds_left(self, now: datetime) -> float:
        """Return how long nothing is due."""
        return max(0.0, (self._agenda[0][0] - now).total_seconds())

    def step(self, now: datetime) -> Sequence[Change]:
        """Do what is due next, if it is due yet; one deed, which may change several rows."""
        if self._agenda[0][0] > now:
            return ()
        _, _, deed = heapq.heappop(self._agenda)
        return deed(self.residents.at(now))

    def do(self, act: Act, who: int, present: Present) -> Sequence[Change]:
        """Do one thing as one person; nothing where there is nothing to do it with.

        Parameters
        ----------
        act : Act
            What.
        who : int
            Position in the cast.
        present : Present
            When.
        """
        change = _DEEDS[act](self.hand, who, present)
        if change is None:
            return ()
        if act is Act.REQUEST and self._is_welcome(who, present):
            minutes = float(self.hand.rng.exponential(_ANSWER_MINUTES))
            self._note(present.now + timedelta(minutes=minutes), partial(self._accept, change))
        return (change,)

    def _go_on(self, present: Present) -> Sequence[Change]:
        pace = self._pace * (2 + 2 * present.bustle) / 3
        gap = timedelta(minutes=float(self.hand.rng.exponential(1 / pace)))
        self._note(present.now + gap, self._go_on)
        weights = np.array(list(_MIX.values()))
        if present.at_night:
            weights[[act in WRITING for act in _MIX]] *= _WORDS_AT_NIGHT
        for drawn in pick_by_weight(self.hand.rng, weights, _TRIES):
            if changes := self._by_anybody(list(_MIX)[drawn], present):
                return changes
        return ()

    def _by_anybody(self, act: Act, present: Present) -> Sequence[Change]:
        if act in _ACCOUNTS:
            return _ACCOUNTS[act](self.hand, present)
        willing = self.residents.willingness(act, present)
        if not willing.any():
            return ()
        return self.do(act, int(pick_by_weight(self.hand.rng, willing, 1)[0]), present)

    def _turn_somebody(self, present: Present) -> Sequence[Change]:
        gap = timedelta(minutes=float(self.hand.rng.exponential(TURN_MINUTES)))
        self._note(present.now + gap, self._turn_somebody)
        self._note_steps(self.spells.next(present), present)
        return ()

    def _live_through(self, step: Step, present: Present) -> Sequence[Change]:
        if step.act is not None:
            return self.do(step.act, step.who, present)
        self._note_steps(self.spells.over(step.who), present)
        return ()

    def _note_steps(self, steps: Sequence[Step], present: Present) -> None:
        for step in steps:
            self._note(present.now + step.wait, partial(self._live_through, step))

    def _is_welcome(self, who: int, present: Present) -> bool:
        return bool(self.hand.rng.random() < present.today.habit("appeal")[who])

    def _accept(self, asked: Change, present: Present) -> Sequence[Change]:
        change = ties.accept(self.hand, asked, present)
        return () if change is None else (change,)

    def _note(self, at: datetime, deed: _Deed) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), deed))


def _may_pass(error: DBAPIError) -> bool:
    """Whether a server that stops, starts or is busy is to blame, and not what was asked of it."""
    return isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
