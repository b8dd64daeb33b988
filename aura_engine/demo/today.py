"""What every part of the simulation knows about the day it is in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from aura_engine.demo.cast import Cast, Flags
from aura_engine.demo.localdays import LocalDay
from aura_engine.demo.personas import PERSONAS, Persona, habit, tone_weights
from aura_engine.demo.rhythm import Mood
from aura_engine.demo.turns import Moves

_ORDINARY = PERSONAS.index(Persona.ORDINARY)
_OTHERS_PACE = 0.4


@dataclass
class Today:
    """One day of everyone who acts.

    Attributes
    ----------
    cast : Cast
        Who there is.
    local : LocalDay
        The day.
    moves : Moves
        How far the scored people have turned.
    mood : Mood
        How the day bends everyone's habits.
    wrote : list of tuple
        Who acted when, filled as the day goes on: pairs of actors and times.
    """

    cast: Cast
    local: LocalDay
    moves: Moves
    mood: Mood
    wrote: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]] = field(default_factory=list)

    @property
    def acting(self) -> Flags:
        """Who acts today."""
        return self.cast.acting(self.local.number)

    def habit(self, name: str) -> npt.NDArray[np.float64]:
        """Return a habit of everyone today; staff and vanished accounts are ordinary."""
        values = np.full(len(self.cast), habit(name)[_ORDINARY])
        values[: self.cast.users] = self.moves.habit(name, self.local.number)
        return values

    def volume(self, name: str, able: Flags) -> npt.NDArray[np.float64]:
        """Return how much of something everyone writes today on average."""
        rate = self.habit(name) * self.mood.volume
        rate[self.cast.users :] *= _OTHERS_PACE
        return np.where(able & self.acting, rate, 0.0)

    def tones(self) -> npt.NDArray[np.float64]:
        """Return everyone's tone weights today, shape (actors, tones)."""
        weights = np.repeat(tone_weights()[_ORDINARY][None], len(self.cast), axis=0)
        weights[: self.cast.users] = self.moves.tones(self.local.number)
        return weights

    def moments(
        self, rng: np.random.Generator, who: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Draw when these people act, by their own hours (see `LocalDay.moments`)."""
        share = np.minimum(self.habit("night_share") * self._night_factor(), 0.85)
        at, at_night = self.local.moments(rng, share[who])
        self.wrote.append((who, at))
        return at, at_night

    def _night_factor(self) -> npt.NDArray[np.float64]:
        # Whoever lives at night does so whatever their leaning; it only moves the others.
        strength = np.clip(self.habit("night_share") / 0.5, 0.0, 1.0)
        return np.asarray(strength + (1 - strength) * self.mood.night)
