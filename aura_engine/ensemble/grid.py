"""A grid so fine that the points of one cell are always neighbours of each other.

References
----------
A. Gunawan (2013), A faster algorithm for DBSCAN, master's thesis, TU Eindhoven: cells of side
``eps / sqrt(d)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

SMALLEST_RADIUS: Final = 1e-150
"""Squares of smaller radii lose digits or vanish."""

_HAIR: Final = 1e-9
_MOST_CELLS: Final = 2**20
_KEYS: Final = 2**63


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells of side a hair under ``eps / sqrt(d)``, each with a whole number as its key.

    Two points of one cell satisfy ``sum_j (a_j - b_j)^2 <= eps^2`` in float64. Their quotients
    ``(a_j - origin_j) / side`` have the same floor, so they differ by less than 1, as rounded
    numbers; below ``2^20`` each is off by less than ``2^20 * 2^-52 = 2^-32``, so the points differ
    by less than ``side * (1 + 2^-31)``. The squares of d such differences sum to at most
    ``eps^2 * (1 - 1e-9)^2 * (1 + 2^-31)^2``, which is ``1e-9 * eps^2`` below ``eps^2``: a million
    times what rounding adds.

    Attributes
    ----------
    origin : ndarray of shape (d,)
        Lowest value of each column.
    side : float
    shape : tuple of d ints
        Number of cells along each column.
    """

    origin: NDArray[np.float64]
    side: float
    shape: tuple[int, ...]

    @classmethod
    def over(cls, points: NDArray[np.float64], eps: float) -> Self | None:
        """Return the grid that covers points of shape (m, d), m > 0.

        Returns
        -------
        Grid or None
            None where no grid can be trusted: eps is so small that its square loses digits, or
            that cells are too many to be told apart by their keys.
        """
        if not SMALLEST_RADIUS <= eps < math.inf:
            return None
        side = eps / math.sqrt(points.shape[1]) * (1.0 - _HAIR)
        origin = points.min(axis=0)
        with np.errstate(over="ignore"):
            last = np.floor((points.max(axis=0) - origin) / side)
        if not (last < _MOST_CELLS).all():
            return None
        shape = tuple(int(cells) + 1 for cells in last)
        return cls(origin, side, shape) if math.prod(shape) < _KEYS else None

    def keys(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the key of each point's cell, shape (m,); -1 outside of the grid."""
        keys = np.zeros(len(points), dtype=np.int64)
        inside = np.ones(len(points), dtype=bool)
        for j, cells in enumerate(self.shape):
            with np.errstate(over="ignore"):
                place = np.floor((points[:, j] - self.origin[j]) / self.side)
            within = (place >= 0) & (place < cells)
            inside &= within
            keys = keys * cells + np.where(within, place, 0.0).astype(np.int64)
        keys[~inside] = -1
        return keys
