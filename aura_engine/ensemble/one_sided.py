"""What the detectors see: how far each KPI exceeds the usual, in the risk direction only.

Half of the unusual is good news (twelve communities, loved by all). On the excess, the healthy
side of the population is 0 for everyone, so that no detector can find it remarkable. Excesses are
compressed by a logarithm: between the sixth and the sixtieth friend who does not answer lies less
than between none and six.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aura_engine.domain import RISK_DIRECTION, SMALLEST_EXCESS, usual_values

EXCESS_PERCENTILE: Final = 99.5
TYPICAL_EXCESSES: Final = 5.0
"""Typical (median positive) excesses up to which the scale is about linear."""


@dataclass(frozen=True, eq=False)
class DetectorInput:
    """The frozen map from the scaled KPIs to what the three detectors work on.

    Attributes
    ----------
    one_sided : bool
        Whether the map takes excesses; else it only weighs the columns.
    medians : ndarray of shape (6,)
        Population medians of the scaled KPIs: what an explanation returns a KPI to.
    usual : ndarray of shape (6,)
        Scaled KPIs up to which, from the healthy end on, 60 % of the people stand (the median where
        nobody exceeds that); never on the healthy side of the median.
    scales : ndarray of shape (6,)
        Five times the median of the positive excesses; 1 in a column that has none.
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
    usual: NDArray[np.float64]
    scales: NDArray[np.float64]
    spans: NDArray[np.float64]
    weights: NDArray[np.float64]
    no_contrast: NDArray[np.bool_]
    direction: NDArray[np.float64]

    @classmethod
    def fit(cls, X: NDArray[np.float64], *, one_sided: bool, weights: ArrayLike | None) -> Self:
        """Learn what is usual and how far people exceed it; ``weights=None`` weighs all by 1.

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
        usual = usual_values(X)
        scales, spans = np.ones(width), np.zeros(width)
        for j, sign in enumerate(RISK_DIRECTION):
            excess = _excess(X[:, j], usual[j], sign)
            positive = excess[excess > 0]
            if positive.size:
                scales[j] = TYPICAL_EXCESSES * np.median(positive)
                spans[j] = np.percentile(positive, EXCESS_PERCENTILE)
        weights = np.ones(width) if weights is None else np.array(weights, dtype=np.float64)
        flat = spans == 0 if one_sided else X.max(axis=0) == X.min(axis=0)
        return cls(
            one_sided=bool(one_sided),
            medians=np.median(X, axis=0),
            usual=usual,
            scales=scales,
            spans=spans,
            weights=weights,
            no_contrast=flat | (weights == 0),
            direction=np.ones(width) if one_sided else np.asarray(RISK_DIRECTION, np.float64),
        )

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map scaled KPIs of shape (n, 6) to the detectors' input of shape (n, 6).

        One-sided: ``w * min(log(1 + excess / scale) / log(1 + span / scale), 1)``, so in [0, w] and
        0 up to the usual and in columns without contrast. Plain: ``w * X``.
        """
        if not self.one_sided:
            return X * self.weights
        Z = np.zeros_like(X)
        for j, sign in enumerate(RISK_DIRECTION):
            if self.spans[j] > 0:
                excess = _excess(X[:, j], self.usual[j], sign)
                share = np.log1p(excess / self.scales[j]) / np.log1p(self.spans[j] / self.scales[j])
                Z[:, j] = np.minimum(share, 1.0) * self.weights[j]
        return Z


def _excess(column: NDArray[np.float64], usual: float, sign: int) -> NDArray[np.float64]:
    excess = (column - usual) * sign
    return np.where(excess > SMALLEST_EXCESS, excess, 0.0)
