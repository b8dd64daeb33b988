"""Who is whose friend at a moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_People = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Circles:
    """Accepted friends of everyone, as one array cut up by person."""

    offsets: _People
    friends: _People

    def pick(self, rng: np.random.Generator, who: _People) -> _People:
        """Draw one friend each, older friendships more often; -1 for those without any."""
        degree = np.diff(self.offsets)[who]
        place = np.floor(degree * rng.random(len(who)) ** 1.7).astype(np.int64)
        found = np.full(len(who), -1)
        some = degree > 0
        found[some] = self.friends[self.offsets[who[some]] + place[some]]
        return found
