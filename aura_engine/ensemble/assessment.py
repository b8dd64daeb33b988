"""What the ensemble says of a batch of people."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from aura_engine.domain import LEVEL_BY_VOTES

_LEVELS = np.array([level.value for level in LEVEL_BY_VOTES])


@dataclass(frozen=True, eq=False)
class RiskAssessment:
    """Votes, level and severity, one row a person in the order of the matrix; arrays read-only.

    Attributes
    ----------
    votes : ndarray of shape (n, 3), bool
        K-Means, DBSCAN, isolation forest.
    level : ndarray of shape (n,), str
        Values of ``RiskLevel``: two or three votes high, one moderate, none low.
    severity : ndarray of shape (n,)
        ASI, 0-100, higher = more severe.
    pca : ndarray of shape (n, 2)
        Coordinates on the principal axes of the plain scaled KPIs.
    kmeans_cluster : ndarray of shape (n,), int64
    """

    votes: NDArray[np.bool_]
    level: NDArray[np.str_]
    severity: NDArray[np.float64]
    pca: NDArray[np.float64]
    kmeans_cluster: NDArray[np.int64]

    def __post_init__(self) -> None:
        for field in fields(self):
            getattr(self, field.name).setflags(write=False)

    def __len__(self) -> int:
        return len(self.severity)


def level_of(votes: NDArray[np.bool_]) -> NDArray[np.str_]:
    """Return the level for votes of shape (n, 3): 0 low, 1 moderate, 2 and 3 high."""
    levels: NDArray[np.str_] = _LEVELS[votes.sum(axis=1)]
    return levels
