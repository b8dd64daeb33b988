"""Squared distances summed in column order: the same bits whatever rows stand beside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def squared_distances(A: NDArray[np.float64], B: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``sum_j (a_j - b_j)^2`` of rows paired by broadcasting, summed from column 0 on.

    Parameters
    ----------
    A, B : ndarray of shape (..., d)
        Broadcastable against each other.

    Returns
    -------
    ndarray of shape (...)
        A matrix product would be faster but rounds by block, so a person's distance would depend
        on the batch they are scored in.
    """
    total: NDArray[np.float64] = np.square(A[..., 0] - B[..., 0])
    for j in range(1, A.shape[-1]):
        total += np.square(A[..., j] - B[..., j])
    return total
