"""When people were last there: the one trace that readers leave who write nothing."""

from __future__ import annotations

from typing import Final

import numpy as np

from aura_engine.demo.cast import FIRST_DAY, Cast
from aura_engine.demo.journal import Journal, stamps
from aura_engine.demo.streams import Stream, generator
from aura_engine.demo.today import Today

TRACKED: Final = 0.75
"""Share of the profiles whose `last_active_at` the service ever writes."""


class Presence:
    """Moves `last_active_at` on days on which somebody opened the application.

    Parameters
    ----------
    seed : int
        Of the population.
    cast : Cast
        Who there is.
    """

    def __init__(self, seed: int, cast: Cast) -> None:
        rng = generator(seed, Stream.PRESENCE, FIRST_DAY - 1)
        self._seed, self._cast = seed, cast
        self._tracked = cast.in_social & (rng.random(len(cast)) < TRACKED)

    def live(self, today: Today, journal: Journal) -> None:
        """Note who was there today; call it after everything else has happened."""
        rng = generator(self._seed, Stream.PRESENCE, today.local.number)
        last = np.full(len(self._cast), -1, dtype=np.int64)
        opens = np.where(today.mood.volume > 0, today.habit("opens"), 0.0)
        readers = np.flatnonzero(today.acting & (rng.random(len(last)) < opens))
        moments, _ = today.moments(rng, readers)
        last[readers] = moments
        for who, at in today.wrote:
            np.maximum.at(last, who, at)
        seen = np.flatnonzero((last >= 0) & self._tracked)
        journal.update(
            "social",
            "user_profiles",
            ("id",),
            last[seen],
            {"id": self._cast.profile_id[seen], "last_active_at": stamps(last[seen])},
        )
