"""DBSCAN by its definition: everyone compared with everyone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def squared(A: NDArray[np.float64], B: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances of every row of A to every row of B, summed in column order."""
    total = np.zeros((len(A), len(B)))
    with np.errstate(over="ignore"):
        for j in range(A.shape[1]):
            total += (A[:, None, j] - B[None, :, j]) ** 2
    return total


def core(Z: NDArray[np.float64], eps: float, min_samples: int) -> NDArray[np.bool_]:
    return (squared(Z, Z) <= eps * eps).sum(axis=1) >= min_samples


def noise(
    people: NDArray[np.float64], Z: NDArray[np.float64], eps: float, min_samples: int
) -> NDArray[np.bool_]:
    """Who of some people has no core point of Z within eps."""
    near = squared(people, Z[core(Z, eps, min_samples)]) <= eps * eps
    return ~near.any(axis=1)
