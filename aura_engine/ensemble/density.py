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

from aura_engine.ensemble.grid import Grid
from aura_engine.ensemble.neighbours import WeightedPoints

KNEE_SLACK = 1.2
"""Radius over the k-distance at the knee; chosen by evaluation, see ``benchmarks/README.md``."""

KNEE_SAMPLE = 10_000
"""People whose k-distance is measured (against everyone) to find the knee."""


@dataclass(frozen=True, eq=False)
class DensityVote:
    """Frozen core points and radius.

    Attributes
    ----------
    eps : float or None
        Radius in the detectors' input; None where the population gives none (everyone stands on
        someone, or fewer people than ``min_samples``): then nobody is noise.
    core_points : ndarray of shape (m, 6)
        Distinct. May be empty with an explicit ``eps``: then everyone is noise, as DBSCAN says.
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
        crowd, place = WeightedPoints.of(Z)
        if eps is None:
            eps = knee_eps(_k_distances(crowd, place, min_samples, random_state))
        if eps is None:
            return cls(eps=None, core_points=np.empty((0, Z.shape[1])))
        core = _core_points(crowd, float(eps), min_samples)
        return cls(eps=float(eps), core_points=crowd.points[core])

    def votes(self, Z: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return who is noise, shape (n,)."""
        noise = np.full(len(Z), self.eps is not None)
        if self.eps is None or len(self.core_points) == 0:
            return noise
        if self._cells is not None:
            # Whoever stands in a core point's cell is within eps of it.
            grid, keys = self._cells
            noise = ~np.isin(grid.keys(Z), keys)
        rest = np.flatnonzero(noise)
        noise[rest] = ~self._core.reach(Z[rest], self.eps, 1)
        return noise

    @cached_property
    def _core(self) -> WeightedPoints:
        return WeightedPoints(self.core_points, np.ones(len(self.core_points), dtype=np.int64))

    @cached_property
    def _cells(self) -> tuple[Grid, NDArray[np.int64]] | None:
        """The grid over the core points and the cells that hold any, where there is a grid."""
        grid = None if self.eps is None else Grid.over(self.core_points, self.eps)
        return None if grid is None else (grid, np.unique(grid.keys(self.core_points)))


def core_mask(Z: NDArray[np.float64], eps: float, min_samples: int) -> NDArray[np.bool_]:
    """Tell which rows have at least ``min_samples`` neighbours, themselves included, shape (n,).

    Parameters
    ----------
    Z : ndarray, shape (n, 6)
        The detectors' input.
    eps : float
        Radius of a neighbourhood.
    min_samples : int
        Neighbours that make a core point.
    """
    crowd, place = WeightedPoints.of(Z)
    mask: NDArray[np.bool_] = _core_points(crowd, eps, min_samples)[place]
    return mask


def _core_points(crowd: WeightedPoints, eps: float, min_samples: int) -> NDArray[np.bool_]:
    """Tell which distinct points are core; only those in sparse cells need their neighbours."""
    if crowd.people.sum() < min_samples:
        return np.zeros(len(crowd.points), dtype=bool)
    core = crowd.people >= min_samples
    grid = Grid.over(crowd.points, eps)
    if grid is not None:
        _, cell = np.unique(grid.keys(crowd.points), return_inverse=True)
        core = np.bincount(cell, weights=crowd.people)[cell] >= min_samples
    rest = np.flatnonzero(~core)
    core[rest] = crowd.reach(crowd.points[rest], eps, min_samples)
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
    crowd, place = WeightedPoints.of(Z)
    return _k_distances(crowd, place, min_samples, random_state)


def _k_distances(
    crowd: WeightedPoints, place: NDArray[np.int64], min_samples: int, random_state: int
) -> NDArray[np.float64]:
    if len(place) < min_samples:
        return np.empty(0)
    if len(place) > KNEE_SAMPLE:
        random = np.random.default_rng(random_state)
        place = place[random.choice(len(place), KNEE_SAMPLE, replace=False)]
    asked, times = np.unique(place, return_counts=True)
    return np.sort(crowd.distance_to_nth(crowd.points[asked], min_samples).repeat(times))


def knee_eps(ascending: NDArray[np.float64]) -> float | None:
    """Return the radius at the knee of an ascending k-distance curve, or None.

    The knee is the point farthest below the chord from the curve's first to its last point, ties
    to the lowest (the maximum of Kneedle's difference curve, without its smoothing and
    sensitivity: a sorted curve has no local noise to smooth). The radius is a fifth more: right at
    the knee the fringe of the ordinary still counts as noise. Where the knee is at 0 it is one
    float above the smallest positive k-distance, so that its person is a core point whatever the
    rounding of the root; where none is positive there is no radius.

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
    return KNEE_SLACK * knee if knee > 0 else float(np.nextafter(positive[0], np.inf))
