"""Which text a person writes: a rendering of the pool in the tone of their day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from aura_engine.demo.texts import Kind, Tone
from aura_engine.demo.today import Today

_TONES: Final = tuple(Tone)
_BAD_DAY: Final = {
    Tone.ANNOYED: 0.42,
    Tone.EVERYDAY: 0.3,
    Tone.LONELY: 0.14,
    Tone.WITHDRAWN: 0.08,
    Tone.DISTRESS: 0.06,
}
_NIGHT_THOUGHTS: Final = 0.4
"""Share of light texts that turn into night talk between 01:00 and 05:59."""

_HEAVY: Final = [_TONES.index(t) for t in (Tone.LONELY, Tone.WITHDRAWN, Tone.DISTRESS)]


class TextSource(Protocol):
    """Where texts come from, such as a `TextPool`."""

    @property
    def texts(self) -> Sequence[str]: ...

    def indices(self, tone: Tone, kind: Kind | None = None) -> npt.NDArray[np.int64]:
        """Return the positions in `texts` that fit."""
        ...


class Words:
    """Deals texts of a pool by tone and place.

    Parameters
    ----------
    pool : TextSource
        All renderings.
    """

    def __init__(self, pool: TextSource) -> None:
        self._texts = np.array(list(pool.texts), dtype=object)
        self._choice = {(kind, tone): pool.indices(tone, kind) for kind in Kind for tone in _TONES}
        self._bad_day = np.cumsum([_BAD_DAY.get(tone, 0.0) for tone in _TONES])

    def deal(
        self,
        rng: np.random.Generator,
        today: Today,
        who: npt.NDArray[np.int64],
        at_night: npt.NDArray[np.bool_],
        kind: Kind,
    ) -> npt.NDArray[Any]:
        """Return one text each.

        Parameters
        ----------
        rng : Generator
            Source of chance.
        today : Today
            Everyone's tones and moods.
        who : ndarray of int64
            Who writes.
        at_night : ndarray of bool
            Whether it is written at night.
        kind : Kind
            Where it is written.
        """
        count = len(who)
        luck = rng.random(count)
        usual = (np.cumsum(today.tones(), axis=1)[who] <= luck[:, None]).sum(axis=1)
        gloomy = rng.random(count) < today.mood.gloom[who]
        tone = np.where(gloomy, np.searchsorted(self._bad_day, luck, side="right"), usual)
        night = at_night & (rng.random(count) < _NIGHT_THOUGHTS) & ~np.isin(tone, _HEAVY)
        tone = np.where(night, _TONES.index(Tone.NIGHT), np.minimum(tone, len(_TONES) - 1))
        place = rng.random(count)
        dealt = np.empty(count, dtype=object)
        for number in np.unique(tone):
            mine = tone == number
            fitting = self._choice[kind, _TONES[number]]
            dealt[mine] = self._texts[fitting[(place[mine] * len(fitting)).astype(np.int64)]]
        return dealt
