"""Who turns, when, and how gradually: everyone's way from one persona to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from aura_engine.demo.personas import (
    AT_RISK,
    HEALTHY,
    PERSONAS,
    TURNING,
    Persona,
    habit,
    head_counts,
    tone_weights,
)
from aura_engine.demo.streams import Stream, generator

HISTORY_DAYS: Final = 120
"""Days that the planted truth is drawn up for; later turns are drawn block by block."""

FIRST_ONSET, LAST_ONSET = 60, 118
BLOCK_DAYS: Final = 30
RAMP_DAYS: Final = (8, 20)
"""Shortest and longest change from one persona to another."""

RECOVERY_A_BLOCK: Final = 0.25
"""Probability that somebody settled in risk, night or silence turns ordinary in a later block."""

LATER_ONSETS: Final = {
    Persona.WITHDRAWING: 0.35,
    Persona.IN_DISTRESS: 0.30,
    Persona.ISOLATED: 0.20,
    Persona.NIGHT_BOUND: 0.15,
}
"""What people turn to in later blocks; as many as recover, so that shares stay what they are."""

_INDEX: Final = {persona: i for i, persona in enumerate(PERSONAS)}
_ALWAYS: Final = -np.inf


@dataclass(frozen=True)
class Moves:
    """Everyone's latest way from `origin` to `target`.

    Attributes
    ----------
    origin, target : ndarray of int8
        Indices into `PERSONAS`; equal for those who never turned.
    onset : ndarray of float
        First day of the change; minus infinity for those who always were like this.
    ramp : ndarray of float
        Days until the change is complete.
    """

    origin: npt.NDArray[np.int8]
    target: npt.NDArray[np.int8]
    onset: npt.NDArray[np.float64]
    ramp: npt.NDArray[np.float64]

    def progress(self, day: int) -> npt.NDArray[np.float64]:
        """Return how far the change has come on a day, 0 (as before) to 1 (complete)."""
        return np.clip((day - self.onset) / self.ramp, 0.0, 1.0)

    def habit(self, name: str, day: int) -> npt.NDArray[np.float64]:
        """Return a habit of everyone on a day."""
        values, weight = habit(name), self.progress(day)
        return np.asarray((1 - weight) * values[self.origin] + weight * values[self.target])

    def tones(self, day: int) -> npt.NDArray[np.float64]:
        """Return everyone's tone weights on a day, shape (people, tones)."""
        weights, progress = tone_weights(), self.progress(day)[:, None]
        return np.asarray((1 - progress) * weights[self.origin] + progress * weights[self.target])


def _planted(rng: np.random.Generator, users: int) -> Moves:
    counts = head_counts(users)
    target = np.repeat(np.arange(len(PERSONAS)), [counts[p] for p in PERSONAS]).astype(np.int8)
    origin, onset = target.copy(), np.full(users, _ALWAYS)
    for persona, share in TURNING.items():
        mine = np.flatnonzero(target == _INDEX[persona])
        turning = mine[: round(share * len(mine))]
        span = LAST_ONSET + 1 - FIRST_ONSET
        spread = (rng.permutation(len(turning)) + rng.random(len(turning))) / max(len(turning), 1)
        onset[turning] = FIRST_ONSET + np.floor(span * spread)
        origin[turning] = np.where(
            rng.random(len(turning)) < 0.3, _INDEX[Persona.THRIVING], _INDEX[Persona.ORDINARY]
        )
    ramp = rng.integers(RAMP_DAYS[0], RAMP_DAYS[1] + 1, users).astype(np.float64)
    order = rng.permutation(users)
    return Moves(origin[order], target[order], onset[order], ramp[order])


class Turns:
    """The moves of a population on any day; later blocks are drawn when first asked for.

    Parameters
    ----------
    seed, users : int
        Of the population.
    """

    def __init__(self, seed: int, users: int) -> None:
        self._seed = seed
        self._blocks = [_planted(generator(seed, Stream.TURNS), users)]

    def on(self, day: int) -> Moves:
        """Return everyone's move that matters on a day; its onset may be still to come."""
        return self._block(self._block_of(day))

    def known(self, day: int) -> Moves:
        """Return everyone's move as the truth of a day tells it.

        What the first 120 days bring is planted and told from the beginning; later moves are
        told from their onset on.
        """
        block = self._block_of(day)
        now = self._block(block)
        if block == 0:
            return now
        before = self._block(block - 1)
        begun = now.onset <= day
        return Moves(
            np.where(begun, now.origin, before.origin),
            np.where(begun, now.target, before.target),
            np.where(begun, now.onset, before.onset),
            np.where(begun, now.ramp, before.ramp),
        )

    @staticmethod
    def _block_of(day: int) -> int:
        return 0 if day < HISTORY_DAYS else 1 + (day - HISTORY_DAYS) // BLOCK_DAYS

    def _block(self, block: int) -> Moves:
        while len(self._blocks) <= block:
            self._blocks.append(self._next(self._blocks[-1], len(self._blocks)))
        return self._blocks[block]

    def _next(self, last: Moves, block: int) -> Moves:
        rng = generator(self._seed, Stream.TURNS, block)
        first_day = HISTORY_DAYS + (block - 1) * BLOCK_DAYS
        users = len(last.target)
        settled = last.onset + last.ramp <= first_day
        healthy = np.isin(last.target, [_INDEX[p] for p in HEALTHY]) & settled
        unwell = [*AT_RISK, Persona.NIGHT_BOUND]
        troubled = np.isin(last.target, [_INDEX[p] for p in unwell]) & settled
        silent = (last.target == _INDEX[Persona.NEWCOMER]) & settled
        chance, onset = rng.random(users), first_day + rng.integers(0, BLOCK_DAYS, users)
        recovering = (troubled | silent) & (chance < RECOVERY_A_BLOCK)
        balance = RECOVERY_A_BLOCK * troubled.sum() / max(int(healthy.sum()), 1)
        turning = healthy & (chance < balance)
        later = np.array([_INDEX[p] for p in LATER_ONSETS])
        into = rng.choice(later, users, p=list(LATER_ONSETS.values()))
        moving = recovering | turning
        new_target = np.where(recovering, _INDEX[Persona.ORDINARY], into)
        ramp = rng.integers(RAMP_DAYS[0], RAMP_DAYS[1] + 1, users)
        return Moves(
            np.where(moving, last.target, last.origin).astype(np.int8),
            np.where(moving, new_target, last.target).astype(np.int8),
            np.where(moving, onset, last.onset).astype(np.float64),
            np.where(moving, ramp, last.ramp).astype(np.float64),
        )
