"""What the detectors see: each KPI's excess over the median, in the risk direction only.

Half of the unusual is good news (twelve communities, loved by all). On the excess, the healthy
side of the population is 0 for everyone, so that no detector can find it remarkable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aura_engine.domain import RISK_DIRECTION, SMALLEST_EXCESS

EXCESS_PERCENTILE = 99.5


@dataclass(frozen=True, eq=False)
class DetectorInput:
    """The frozen map from the scaled KPIs to what the three detectors work on.

    Attributes
    ----------
    one_sided : bool
        Whether the map takes excesses; else it only weighs the columns.
    medians : ndarray of shape (6,)
        Population medians of the scaled KPIs (also what an explanation returns a KPI to).
    spans : ndarray of shape (6,)
        99.5th percentile of the positive excesses; 0 in a column that has none.
    weights : ndarray of shape (6,)
    no_contrast : ndarray of shape (6,), bool
        Columns that tell nobody apart: one-sided, no positive excess; plain, all values equal;
        and those of weight 0.
    direction : ndarray of shape (6,)
        +1 where a larger *detector input* means more risk, else -1.
    """

    one_sided: bool
    medians: NDArray[np.float64]
    spans: NDArray[np.float64]
    weights: NDArray[np.float64]
    no_contrast: NDArray[np.bool_]
    direction: NDArray[np.float64]

    @classmethod
    def fit(cls, X: NDArray[np.float64], *, one_sided: bool, weights: ArrayLike | None) -> Self:
        """Learn medians and spans from X, shape (n, 6); ``weights=None`` weighs all by 1.

        Parameters
        ----------
        X : ndarray, shape (n, 6)
            Scaled KPIs.
        one_sided : bool
            Whether only the excess in the risk direction counts.
        weights : array-like, shape (6,), or None
            Weight of each column; None weighs all by 1.
        """
        width = X.shape[1]
        medians = np.median(X, axis=0)
        signs = np.asarray(RISK_DIRECTION, dtype=np.float64)
        spans = np.zeros(width)
        for j, excess in enumerate(_excess(X, medians, signs).T):
            positive = excess[excess > 0]
            if positive.size:
                spans[j] = np.percentile(positive, EXCESS_PERCENTILE)
        weights = np.ones(width) if weights is None else np.array(weights, dtype=np.float64)
        flat = spans == 0 if one_sided else X.max(axis=0) == X.min(axis=0)
        return cls(
            one_sided=bool(one_sided),
            medians=medians,
            spans=spans,
            weights=weights,
            no_contrast=flat | (weights == 0),
            direction=np.ones(width) if one_sided else signs,
        )

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map scaled KPIs of shape (n, 6) to the detectors' input of shape (n, 6).

        One-sided: ``w * min(excess / span, 1)``, so in [0, w] and 0 on the healthy side and in
        columns without contrast. Plain: ``w * X``.
        """
        if not self.one_sided:
            return X * self.weights
        excess = _excess(X, self.medians, np.asarray(RISK_DIRECTION, dtype=np.float64))
        share = np.zeros_like(excess)
        np.divide(excess, self.spans, out=share, where=self.spans > 0)
        return np.minimum(share, 1.0) * self.weights


def _excess(
    X: NDArray[np.float64], medians: NDArray[np.float64], signs: NDArray[np.float64]
) -> NDArray[np.float64]:
    # An imputed median is scaled apart from the scaled median, hence by a hair beside it.
    excess = (X - medians) * signs
    return np.where(excess > SMALLEST_EXCESS, excess, 0.0)
