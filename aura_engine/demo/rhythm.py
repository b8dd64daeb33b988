"""How a day goes for each person: their own pace, trips without a phone, runs of bad days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from aura_engine.demo.localdays import LocalDay
from aura_engine.demo.streams import Stream, generator

Shares = npt.NDArray[np.float64]

_BLOCK_DAYS: Final = 30
_TRIP_A_BLOCK: Final = 0.07
_BAD_RUN_A_BLOCK: Final = 0.13


@dataclass(frozen=True)
class Mood:
    """One day's bend of everyone's habits.

    Attributes
    ----------
    volume : ndarray of float
        Factor on what each person writes; 0 on a trip.
    night : ndarray of float
        Factor on each person's share of night writing.
    gloom : ndarray of float
        Probability that a text of theirs comes from a bad day.
    """

    volume: Shares
    night: Shares
    gloom: Shares


class Rhythm:
    """Everyone's lasting pace and passing moods.

    Parameters
    ----------
    seed, people : int
        Of the population; everyone who acts is counted, staff too.
    """

    def __init__(self, seed: int, people: int) -> None:
        rng = generator(seed, Stream.RHYTHM, -1)
        self._seed = seed
        self._people = people
        self._pace = np.clip(rng.gamma(1.6, 1 / 1.6, people), 0.06, 4.0)
        self._owl = np.clip(rng.gamma(1.3, 1 / 1.3, people), 0.0, 4.0)
        self._block = -1
        self._spells = np.zeros((4, people))

    def mood(self, day: LocalDay) -> Mood:
        """Return how a day goes for everyone."""
        block = max(day.number, 0) // _BLOCK_DAYS
        if block != self._block:
            self._spells, self._block = self._draw_spells(block), block
        trip_from, trip_to, bad_from, bad_to = self._spells
        away = (day.number >= trip_from) & (day.number < trip_to)
        bad = (day.number >= bad_from) & (day.number < bad_to)
        return Mood(
            volume=np.where(away, 0.0, self._pace * day.volume * np.where(bad, 0.8, 1.0)),
            night=self._owl * day.night * np.where(bad, 1.6, 1.0),
            gloom=np.where(bad, 0.5, day.gloom),
        )

    def _draw_spells(self, block: int) -> Shares:
        rng = generator(self._seed, Stream.RHYTHM, block)
        first = block * _BLOCK_DAYS
        people = self._people

        def spell(chance: float, shortest: int, longest: int) -> tuple[Shares, Shares]:
            start = (first + rng.integers(0, _BLOCK_DAYS - longest, people)).astype(np.float64)
            length = rng.integers(shortest, longest + 1, people)
            length[rng.random(people) >= chance] = 0
            return start, start + length

        return np.array([*spell(_TRIP_A_BLOCK, 4, 12), *spell(_BAD_RUN_A_BLOCK, 3, 7)])


def counts(rng: np.random.Generator, rate: Shares) -> npt.NDArray[np.int64]:
    """Draw how often each person does something on a day, in bursts, with the given mean.

    Parameters
    ----------
    rng : Generator
        Source of chance.
    rate : ndarray of float
        Mean per day, at least 0.

    Returns
    -------
    ndarray of int64
        0 on quiet days, else one and a Poisson number more.
    """
    on_such_days = np.maximum(rate + 0.8, 1.0)
    busy = rng.random(len(rate)) < rate / on_such_days
    return np.asarray(busy * (1 + rng.poisson(on_such_days - 1.0)), dtype=np.int64)
