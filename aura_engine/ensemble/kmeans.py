"""First vote: does the person stand in the cluster that leans most towards risk?"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from aura_engine.ensemble.distances import squared_distances

SMALLEST_LEAN = 0.05
"""A risk cluster must lean this much more towards risk than the population does."""


@dataclass(frozen=True, eq=False)
class ClusterVote:
    """Frozen K-Means centres and which of them is the risk cluster.

    Attributes
    ----------
    centers : ndarray of shape (k, 6)
        In the detectors' input. k is ``n_clusters``, or the number of distinct rows if smaller.
    risk_cluster : int
        argmax of ``sum_j direction_j * center_j``, ties to the lowest index. The detectors' input
        holds the weights already, so each weight counts once: this is design.md's
        ``sum_j w_j * centroid_j`` over unweighted columns.
    casts_votes : bool
        False where that score exceeds the population mean's by less than 0.05: the cluster keeps
        its id, but nobody gets a vote for being in it.
    """

    centers: NDArray[np.float64]
    risk_cluster: int
    casts_votes: bool

    @classmethod
    def fit(
        cls,
        Z: NDArray[np.float64],
        direction: NDArray[np.float64],
        *,
        n_clusters: int,
        random_state: int,
    ) -> Self:
        """Run scikit-learn's K-Means (``n_init=10``) on the detectors' input, shape (n, 6).

        Parameters
        ----------
        Z : ndarray, shape (n, 6)
            The detectors' input.
        direction : ndarray, shape (6,)
            Sign of each column: which way risk grows.
        n_clusters : int
            Clusters; fewer where there are fewer distinct rows.
        random_state : int
            Seed.

        Returns
        -------
        ClusterVote
            With its centroids and its risk cluster.
        """
        k = min(n_clusters, _count_distinct(Z, n_clusters))
        model = KMeans(n_clusters=k, n_init=10, random_state=random_state)
        with warnings.catch_warnings():
            # Rows apart by less than a square can hold fall together; the lowest index gets them.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(Z)
        centers: NDArray[np.float64] = np.ascontiguousarray(model.cluster_centers_)
        lean = (centers * direction).sum(axis=1)
        risk = int(np.argmax(lean))
        margin = float(lean[risk] - (Z.mean(axis=0) * direction).sum())
        return cls(centers=centers, risk_cluster=risk, casts_votes=margin >= SMALLEST_LEAN)

    def assign(self, Z: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the index of the nearest centre of each row, ties to the lowest, shape (n,)."""
        return self.assign_and_measure(Z)[0]

    def distance_to_safety(self, Z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distance to the nearest centre outside the risk cluster, shape (n,).

        0 for all where there is no other centre.
        """
        return self.assign_and_measure(Z)[1]

    def assign_and_measure(
        self, Z: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return what ``assign`` and ``distance_to_safety`` do, measuring each centre once."""
        labels = np.zeros(len(Z), dtype=np.int64)
        nearest = np.full(len(Z), np.inf)
        safety = np.full(len(Z), np.inf)
        for label, center in enumerate(self.centers):
            squared = squared_distances(Z, center)
            closer = squared < nearest
            labels[closer] = label
            np.minimum(nearest, squared, out=nearest)
            if label != self.risk_cluster:
                np.minimum(safety, squared, out=safety)
        if len(self.centers) == 1:
            safety[:] = 0.0
        return labels, np.sqrt(safety)

    def votes(self, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return who gets this vote, shape (n,), from what ``assign`` gave."""
        inside: NDArray[np.bool_] = (labels == self.risk_cluster) & self.casts_votes
        return inside


def _count_distinct(Z: NDArray[np.float64], enough: int) -> int:
    """Count distinct rows, at most ``enough``, without sorting a large matrix."""
    first = np.unique(Z[:1000], axis=0)
    if len(first) >= enough or len(Z) <= 1000:
        return min(len(first), enough)
    found = list(first)
    unlike = np.ones(len(Z), dtype=bool)
    for row in found:
        unlike &= (row != Z).any(axis=1)
    while len(found) < enough and unlike.any():
        found.append(Z[int(np.argmax(unlike))])
        unlike &= (found[-1] != Z).any(axis=1)
    return len(found)
