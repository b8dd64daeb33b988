"""Two principal components of the plain scaled KPIs, for the scatter plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Projection:
    """Frozen principal axes.

    Attributes
    ----------
    mean : ndarray of shape (6,)
    components : ndarray of shape (2, 6)
        Unit vectors of largest variance; the largest loading (the first of equals) is positive.
        An axis without variance is zero, so that everyone stands at 0 on it.
    """

    mean: NDArray[np.float64]
    components: NDArray[np.float64]

    @classmethod
    def fit(cls, X: NDArray[np.float64]) -> Self:
        """Take the two leading eigenvectors of the covariance of X, shape (n, 6)."""
        mean = X.mean(axis=0)
        centred = X - mean
        variances, axes = np.linalg.eigh(centred.T @ centred / len(X))
        components = axes[:, ::-1][:, :2].T.copy()
        for component, variance in zip(components, variances[::-1], strict=False):
            if variance <= 1e-15:
                component[:] = 0.0
            elif component[np.argmax(np.abs(component) >= np.abs(component).max() - 1e-12)] < 0:
                component *= -1.0
        return cls(mean=mean, components=components)

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the coordinates of X, shape (n, 2), summed in column order."""
        coordinates = np.zeros((len(X), 2))
        for j in range(X.shape[1]):
            coordinates += (X[:, j] - self.mean[j])[:, None] * self.components[:, j]
        return coordinates
