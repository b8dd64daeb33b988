"""Now and then somebody's days turn for the worse: within minutes, so that it can be watched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final

from aura_engine.demo.personas import Persona
from aura_engine.demo.trickle.change import Act
from aura_engine.demo.trickle.hand import Hand
from aura_engine.demo.trickle.residents import Present
from aura_engine.demo.trickle.ties import count_ties
from aura_engine.demo.trickle.writing import count_texts

UNWELL_SHARE: Final = 0.004
"""Of the people, how many may have been turned at a time; at least one."""

_LASTING: Final = (5.0, 9.0)
"""Minutes in which somebody's days turn, or mend."""

_MENDING_AT_ONCE: Final = 0.4
_WINDOW: Final = timedelta(days=90)
_CANDIDATES: Final = 12
_TEXTS: Final = (20, 45)
"""Fewest and most that are written in a spell: as many again as in the window, and half more."""

_FRIENDS_LOST: Final = 0.7
_KINDS: Final = (Act.MESSAGE, Act.MESSAGE, Act.MESSAGE, Act.POST, Act.COMMENT)


@dataclass(frozen=True, slots=True)
class Step:
    """One act of somebody's spell.

    Attributes
    ----------
    wait : timedelta
        From the beginning of the spell.
    act : Act or None
        What is done; None where the spell is over.
    who : int
        Position in the cast.
    """

    wait: timedelta
    act: Act | None
    who: int


class Spells:
    """Who has turned, oldest first, and what they do meanwhile.

    Parameters
    ----------
    hand : Hand
        Reads what people have, and is the source of chance.
    """

    def __init__(self, hand: Hand) -> None:
        self._hand, self._residents = hand, hand.residents
        self._most = max(1, round(UNWELL_SHARE * hand.residents.cast.users))
        self._unwell: dict[int, tuple[int, int, int]] = {}

    @property
    def unwell(self) -> tuple[int, ...]:
        """Whose days have turned and do not mend yet, oldest first."""
        return tuple(self._unwell)

    def next(self, present: Present) -> list[Step]:
        """Let another person's days turn; those of the oldest mend where there is no room."""
        if len(self._unwell) >= self._most:
            return self.mend(next(iter(self._unwell)))
        return self._turn(present)

    def mend(self, who: int) -> list[Step]:
        """Let somebody take back what they wrote, join again and write of better days.

        Nothing where they have begun to already.
        """
        if who not in self._unwell:
            return []
        texts, communities, friends = self._unwell.pop(who)
        self._residents.moved[who] = Persona.THRIVING
        acts = [Act.TAKE_DOWN] * texts + [Act.JOIN] * communities + [Act.REQUEST] * friends
        acts += [self._hand.pick(_KINDS) for _ in range(texts // 2)]
        return [*self._spread(acts, who), Step(timedelta(minutes=_LASTING[1]), None, who)]

    def over(self, who: int) -> list[Step]:
        """Tell what follows when somebody's spell is over: some mend, the mended are as planned."""
        if who not in self._unwell:
            self._residents.moved.pop(who, None)
            return []
        return self.mend(who) if self._hand.rng.random() < _MENDING_AT_ONCE else []

    def _turn(self, present: Present) -> list[Step]:
        well = self._residents.well(present)
        if not len(well):
            return []
        drawn = [int(who) for who in self._hand.rng.permutation(well)[:_CANDIDATES]]
        since = present.now - _WINDOW
        written = {who: count_texts(self._hand, who, since) for who in drawn}
        # Whoever has written little shows sooner, but for those of whom next to nothing is known.
        who = min(drawn, key=lambda one: (written[one] < _TEXTS[0] // 2, written[one]))
        communities, friends = count_ties(self._hand, who)
        texts = min(max(written[who] * 3 // 2, _TEXTS[0]), _TEXTS[1])
        lost = ceil(_FRIENDS_LOST * friends)
        self._unwell[who] = (texts, communities, lost)
        self._residents.moved[who] = Persona.IN_DISTRESS
        acts = [self._hand.pick(_KINDS) for _ in range(texts)]
        acts += [Act.LEAVE] * communities + [Act.UNFRIEND] * lost
        return [*self._spread(acts, who), Step(timedelta(minutes=_LASTING[1]), None, who)]

    def _spread(self, acts: list[Act], who: int) -> Iterator[Step]:
        minutes = self._hand.rng.uniform(*_LASTING)
        moments = sorted(self._hand.rng.uniform(0, minutes, len(acts)))
        if Act.TAKE_DOWN not in acts:
            acts = [acts[i] for i in self._hand.rng.permutation(len(acts))]
        for moment, act in zip(moments, acts, strict=True):
            yield Step(timedelta(minutes=float(moment)), act, who)
