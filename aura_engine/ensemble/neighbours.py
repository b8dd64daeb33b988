"""Neighbours among distinct points, counted exactly.

Two points are neighbours when ``sum_j (a_j - b_j)^2 <= eps^2`` in float64, summed in column order.
The tree sums in another order, so it only proposes: it is asked a hair outside of ``eps``, and
what it finds there is decided by the predicate itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from aura_engine.ensemble.distances import squared_distances
from aura_engine.ensemble.grid import SMALLEST_RADIUS

_HAIR: Final = 1e-10
_LEAF: Final = 20
_BLOCK: Final = 1_000_000


@dataclass(frozen=True, eq=False)
class WeightedPoints:
    """Points and how many people stand on each.

    Half of the one-sided input is exactly 0, so that thousands of people may stand on one point;
    a tree of distinct points stays fast.

    Attributes
    ----------
    points : ndarray of shape (m, d)
    people : ndarray of shape (m,), int64
        At least 1 each.
    """

    points: NDArray[np.float64]
    people: NDArray[np.int64]

    @classmethod
    def of(cls, rows: NDArray[np.float64]) -> tuple[Self, NDArray[np.int64]]:
        """Collect equal rows of shape (n, d), and say on which point each row stands, shape (n,).

        The points are in lexicographic order.
        """
        order = np.lexsort(np.ascontiguousarray(rows.T)[::-1])
        ranked = rows[order]
        first = np.zeros(len(rows), dtype=bool)
        first[:1] = True
        for j in range(rows.shape[1]):
            first[1:] |= ranked[1:, j] != ranked[:-1, j]
        starts = np.flatnonzero(first)
        place = np.empty(len(rows), dtype=np.int64)
        place[order] = np.cumsum(first) - 1
        return cls(ranked[starts], np.diff(starts, append=len(rows))), place

    def reach(self, rows: NDArray[np.float64], eps: float, enough: int) -> NDArray[np.bool_]:
        """Tell which rows have at least ``enough`` people within ``eps``, shape (n,).

        The nearest ``enough`` points decide nearly always, however many more there are: so many
        neighbours suffice, and fewer within reach are all there is. Only where some of them stand
        a hair outside of ``eps`` are more points looked at.

        Parameters
        ----------
        rows : ndarray of shape (n, d)
        eps : float > 0
            Radius of a neighbourhood.
        enough : int >= 1
        """
        if eps * eps == np.inf:
            return np.full(len(rows), self.people.sum() >= enough)
        reached = np.zeros(len(rows), dtype=bool)
        people = np.append(self.people, 0)
        undecided = np.arange(len(rows) if len(self.points) else 0)
        k = min(enough, len(self.points))
        while undecided.size:
            unsure = []
            for block in _blocks(undecided, k):
                index, near = self._near(rows[block], eps, k)
                reached[block] = (people[index] * near).sum(axis=1) >= enough
                all_found = (index[:, -1] == len(self.points)) | (k == len(self.points))
                unsure.append(block[~reached[block] & ~all_found])
            undecided = np.concatenate(unsure)
            k = min(4 * k, len(self.points))
        return reached

    def distance_to_nth(self, rows: NDArray[np.float64], n: int) -> NDArray[np.float64]:
        """Return the distance from each row to the n-th nearest person, shape (len(rows),).

        Parameters
        ----------
        rows : ndarray of shape (r, d)
        n : int >= 1
            At most as many as there are people.
        """
        k = min(n, len(self.points))
        distances = np.empty(len(rows))
        for block in _blocks(np.arange(len(rows)), k):
            index = self._tree.query(rows[block], k=k)[1].reshape(-1, k)
            squared = squared_distances(rows[block][:, None, :], self.points[index])
            order = np.argsort(squared, axis=1)
            people = np.take_along_axis(self.people[index], order, axis=1).cumsum(axis=1)
            nth = np.take_along_axis(order, (people >= n).argmax(axis=1)[:, None], axis=1)
            distances[block] = np.sqrt(np.take_along_axis(squared, nth, axis=1)[:, 0])
        return distances

    def _near(
        self, rows: NDArray[np.float64], eps: float, k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the k nearest points of each row and which of them lie within eps."""
        # Below the smallest radius sums of squares may vanish: the predicate decides on them all.
        outside = max(eps * (1.0 + _HAIR), SMALLEST_RADIUS)
        inside = eps * (1.0 - _HAIR) if eps > SMALLEST_RADIUS else -1.0
        distance, index = self._tree.query(rows, k=k, distance_upper_bound=outside)
        distance, index = distance.reshape(-1, k), index.reshape(-1, k)
        near = distance <= inside
        row, rank = np.nonzero((index < len(self.points)) & ~near)
        with np.errstate(over="ignore"):
            squared = squared_distances(rows[row], self.points[index[row, rank]])
        near[row, rank] = squared <= eps * eps
        return index, near

    @cached_property
    def _tree(self) -> KDTree:
        # Halving cells instead of points is faster to build and to ask.
        return KDTree(self.points, leafsize=_LEAF, balanced_tree=False, compact_nodes=False)


def _blocks(rows: NDArray[np.int64], width: int) -> Iterator[NDArray[np.int64]]:
    step = max(1, _BLOCK // width)
    for start in range(0, len(rows), step):
        yield rows[start : start + step]
