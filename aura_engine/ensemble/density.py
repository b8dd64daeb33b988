"""Second vote: DBSCAN's noise, frozen so that new people are judged by the same rule.

A person is noise when no core point lies within ``eps``. For those the model was fitted on this is
DBSCAN's own definition (a core point is within ``eps`` of itself); for others it is the same
question. Two points are neighbours when ``sum_j (a_j - b_j)^2 <= eps^2`` in float64, summed in
column order.

References
----------
M. Ester, H.-P. Kriegel, J. Sander, X. Xu (1996), A density-based algorithm for discovering
clusters in large spatial databases with noise, KDD-96.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KDTree

from aura_engine.ensemble.distances import squared_distances

KNEE_SAMPLE = 10_000
"""People whose k-distance is measured (against everyone) to find the knee."""

_LEAF = 30
_HAIR = 1e-12
_BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class DensityVote:
    """Frozen core points and radius.

    Attributes
    ----------
    eps : float or None
        Radius in the detectors' input; None where the population gives none (everyone stands on
        someone, or fewer people than ``min_samples``): then nobody is noise.
    core_points : ndarray of shape (m, 6)
        May be empty with an explicit ``eps``: then everyone is noise, as DBSCAN says.
    """

    eps: float | None
    core_points: NDArray[np.float64]

    @classmethod
    def fit(
        cls, Z: NDArray[np.float64], *, eps: float | None, min_samples: int, random_state: int
    ) -> Self:
        """Find eps (unless given) and the core points of the detectors' input, shape (n, 6).

        Parameters
        ----------
        Z : ndarray, shape (n, 6)
            The detectors' input.
        eps : float or None
            Radius of a neighbourhood; None takes the knee of the k-distances.
        min_samples : int
            Neighbours, oneself included, that make a core point.
        random_state : int
            Seed of the sample that the knee is measured on.

        Returns
        -------
        DensityVote
            Without core points where no radius can be found: then nobody is noise.
        """
        if eps is None:
            eps = knee_eps(k_distances(Z, min_samples, random_state))
        if eps is None:
            return cls(eps=None, core_points=np.empty((0, Z.shape[1])))
        return cls(eps=float(eps), core_points=Z[core_mask(Z, float(eps), min_samples)])

    def votes(self, Z: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return who is noise, shape (n,)."""
        if self.eps is None or len(Z) == 0:
            return np.zeros(len(Z), dtype=bool)
        if self._tree is None:
            return np.ones(len(Z), dtype=bool)
        nearest = self._tree.query(Z, k=1, return_distance=False)[:, 0]
        apart: NDArray[np.bool_] = (
            squared_distances(Z, self.core_points[nearest]) > self.eps * self.eps
        )
        return apart

    @cached_property
    def _tree(self) -> KDTree | None:
        return KDTree(self.core_points, leaf_size=_LEAF) if len(self.core_points) else None


def core_mask(Z: NDArray[np.float64], eps: float, min_samples: int) -> NDArray[np.bool_]:
    """Tell which rows have at least ``min_samples`` neighbours, themselves included, shape (n,).

    The tree admits whole nodes by a rounded root, so it is asked a hair inside and a hair outside
    of ``eps``; the few rows on which the two answers differ are counted one by one.

    Parameters
    ----------
    Z : ndarray, shape (n, 6)
        The detectors' input.
    eps : float
        Radius of a neighbourhood.
    min_samples : int
        Neighbours that make a core point.
    """
    tree = KDTree(Z, leaf_size=_LEAF)
    core: NDArray[np.bool_] = (
        tree.query_radius(Z, eps * (1 - _HAIR), count_only=True) >= min_samples
    )
    rest = np.flatnonzero(~core)
    if rest.size:
        outside = tree.query_radius(Z[rest], eps * (1 + _HAIR), count_only=True)
        rest = rest[outside >= min_samples]
    step = max(1, _BLOCK // len(Z))
    for start in range(0, rest.size, step):
        rows = rest[start : start + step]
        near = squared_distances(Z[rows][:, None, :], Z[None, :, :]) <= eps * eps
        core[rows] = near.sum(axis=1) >= min_samples
    return core


def k_distances(Z: NDArray[np.float64], min_samples: int, random_state: int) -> NDArray[np.float64]:
    """Return, ascending, the radius at which each person would become a core point.

    That is the distance to the ``min_samples``-th nearest row, the person included. Beyond 10,000
    people a random 10,000 of them are measured, against everyone.

    Parameters
    ----------
    Z : ndarray, shape (n, 6)
        The detectors' input.
    min_samples : int
        Neighbours that make a core point.
    random_state : int
        Seed of the choice of people.

    Returns
    -------
    ndarray of shape (min(n, 10000),), or empty with fewer people than ``min_samples``
    """
    if len(Z) < min_samples:
        return np.empty(0)
    rows = Z
    if len(Z) > KNEE_SAMPLE:
        chosen = np.random.default_rng(random_state).choice(len(Z), KNEE_SAMPLE, replace=False)
        rows = Z[np.sort(chosen)]
    distances: NDArray[np.float64] = KDTree(Z, leaf_size=_LEAF).query(rows, k=min_samples)[0]
    return np.sort(distances[:, -1])


def knee_eps(ascending: NDArray[np.float64]) -> float | None:
    """Return the radius at the knee of an ascending k-distance curve, or None.

    The knee is the point farthest below the chord from the curve's first to its last point, ties
    to the lowest (the maximum of Kneedle's difference curve, without its smoothing and
    sensitivity: a sorted curve has no local noise to smooth). Where the radius at the knee is 0 it
    is the smallest positive k-distance; where none is positive there is no radius. The result is
    one float above the distance, so that the person at the knee is a core point whatever the
    rounding of its root.

    References
    ----------
    V. Satopää, J. Albrecht, D. Irwin, B. Raghavan (2011), Finding a "kneedle" in a haystack,
    ICDCS Workshops.
    """
    positive = ascending[ascending > 0]
    if positive.size == 0:
        return None
    first, last = float(ascending[0]), float(ascending[-1])
    chord = np.linspace(first, last, ascending.size)
    knee = float(ascending[int(np.argmax(chord - ascending))])
    return float(np.nextafter(knee if knee > 0 else float(positive[0]), np.inf))
