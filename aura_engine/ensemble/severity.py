"""ASI, the severity index: the one definition of the number that every list is ordered by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

WEIGHT_SCORE, WEIGHT_NOISE, WEIGHT_DISTANCE = 0.5, 0.3, 0.2


@dataclass(frozen=True, eq=False)
class SeverityScale:
    """Frozen bounds of the two continuous parts of the ASI.

    Attributes
    ----------
    score_low, score_high : float
        Lowest and highest forest score at fit.
    distance_low, distance_high : float
        Smallest and largest distance to the nearest non-risk centre at fit.
    """

    score_low: float
    score_high: float
    distance_low: float
    distance_high: float

    @classmethod
    def fit(cls, scores: NDArray[np.float64], distances: NDArray[np.float64]) -> Self:
        """Freeze the bounds of the people the model is fitted on."""
        return cls(
            float(scores.min()), float(scores.max()), float(distances.min()), float(distances.max())
        )

    def severity(
        self,
        scores: NDArray[np.float64],
        noise: NDArray[np.bool_],
        distances: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return ``ASI = 100 * (0.5 * (1 - S) + 0.3 * O + 0.2 * D)`` clipped to 0-100.

        S is the forest's score and D the distance, min-max scaled by the bounds (S 1 = most
        normal); O is 1 for noise. S is 1 and D is 0 where their bounds coincide. A person beyond
        the bounds gets S below 0 or D above 1; only the sum is clipped.

        Parameters
        ----------
        scores, noise, distances : ndarray of shape (n,)

        Returns
        -------
        ndarray of shape (n,), 0-100, higher = more severe
        """
        normal = _scaled(scores, self.score_low, self.score_high, flat=1.0)
        distance = _scaled(distances, self.distance_low, self.distance_high, flat=0.0)
        total = WEIGHT_SCORE * (1.0 - normal) + WEIGHT_NOISE * noise + WEIGHT_DISTANCE * distance
        return np.clip(100.0 * total, 0.0, 100.0)


def _scaled(
    values: NDArray[np.float64], low: float, high: float, *, flat: float
) -> NDArray[np.float64]:
    if high <= low:
        return np.full(len(values), flat)
    return (values - low) / (high - low)
