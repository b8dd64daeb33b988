"""Raw KPIs to the scaled matrix: MinMax over a clipped range, medians for what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from aura_engine.domain import KPI_COLUMNS, RISK_DIRECTION, SMALLEST_EXCESS, usual_values
from aura_engine.features.errors import FeatureError
from aura_engine.features.matrix import raw_matrix
from aura_engine.i18n import t

CLIP_PERCENTILES = (0.5, 99.5)
_FITTED = ("clip_low_", "clip_high_", "medians_", "usual_")


class FeatureScaler:
    """Scale raw KPIs to [0, 1] with the statistics of the population it was fitted on.

    A value is imputed with the median of the observed where it is missing, clipped to the range
    between the 0.5th and 99.5th percentile of the observed, and scaled linearly so that this range
    becomes [0, 1]. The risk direction is that of the raw KPI.

    A column whose clipped range is a point (all values equal, all but a few per mille equal, or
    nothing observed) is 0 for everyone, whatever comes later: it carries no contrast in this
    version.

    Attributes
    ----------
    clip_low_, clip_high_, medians_ : ndarray of shape (6,)
        In raw units; 0 in a column where nothing was observed.
    usual_ : ndarray of shape (6,)
        Scaled value up to which, from the healthy end on, 60 % of the fitted people stand.
    no_contrast_ : ndarray of shape (6,), bool
        Columns that tell nobody apart on the side of risk.
    """

    clip_low_: NDArray[np.float64]
    clip_high_: NDArray[np.float64]
    medians_: NDArray[np.float64]
    usual_: NDArray[np.float64]

    def fit(self, raw: pd.DataFrame | ArrayLike) -> Self:
        """Learn clip bounds and medians from the observed values of ``raw``, shape (n, 6).

        Raises
        ------
        FeatureError
            If the columns or the shape are others, a value is infinite, or nobody is there.
        """
        matrix = raw_matrix(raw)
        if len(matrix) == 0:
            raise FeatureError(t("features.nobody"))
        low, high, medians = (np.zeros(len(KPI_COLUMNS)) for _ in range(3))
        for j, column in enumerate(matrix.T):
            seen = column[~np.isnan(column)]
            if seen.size:
                low[j], high[j] = np.percentile(seen, CLIP_PERCENTILES)
                medians[j] = np.median(seen)
        self.clip_low_, self.clip_high_, self.medians_ = low, high, medians
        self.usual_ = usual_values(self._scaled(matrix))
        return self

    def transform(self, raw: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return the scaled matrix, shape (n, 6), in [0, 1], without NaN.

        Raises
        ------
        FeatureError
            If the scaler is not fitted, or ``raw`` is not a matrix of KPIs.
        """
        self._check_fitted()
        return self._scaled(raw_matrix(raw))

    def _scaled(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        filled = np.where(np.isnan(matrix), self.medians_, matrix)
        clipped = np.clip(filled, self.clip_low_, self.clip_high_)
        span = self.clip_high_ - self.clip_low_
        scaled = np.zeros_like(clipped)
        np.divide(clipped - self.clip_low_, span, out=scaled, where=span > 0)
        return scaled

    @property
    def no_contrast_(self) -> NDArray[np.bool_]:
        """Columns that tell nobody apart on the side of risk, shape (6,).

        Those in which the usual value is already the end of the range in the risk direction, or as
        good as: nobody exceeds it. This is the one definition of "sin contraste"; on the scaled
        people that the scaler was fitted on, the ensemble's one-sided input finds the same.
        """
        self._check_fitted()
        rises = np.asarray(RISK_DIRECTION) > 0
        ends = self._scaled(np.where(rises, self.clip_high_, self.clip_low_)[None])[0]
        flat: NDArray[np.bool_] = np.abs(ends - self.usual_) <= SMALLEST_EXCESS
        return flat

    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return the fitted statistics by name, to be stored with the model version."""
        self._check_fitted()
        return {name: getattr(self, name).copy() for name in _FITTED}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Self:
        """Restore a scaler from what ``to_arrays`` gave.

        Raises
        ------
        FeatureError
            If a statistic is absent, damaged, of another type or shape, or not finite.
        """
        scaler = cls()
        for name in _FITTED:
            setattr(scaler, name, _statistic(arrays, name))
        if np.any(scaler.clip_low_ > scaler.clip_high_):
            raise FeatureError(t("features.bad_scaler", name="clip_low_"))
        return scaler

    def _check_fitted(self) -> None:
        if not hasattr(self, "medians_"):
            raise FeatureError(t("features.scaler_not_fitted"))


def _statistic(arrays: Mapping[str, Any], name: str) -> NDArray[np.float64]:
    try:
        stored = np.asarray(arrays[name])
    except Exception as error:
        # A mapping that reads a damaged archive only now fails in many ways.
        raise FeatureError(t("features.bad_scaler", name=name)) from error
    if stored.dtype.kind not in "fiu" or stored.shape != (len(KPI_COLUMNS),):
        raise FeatureError(t("features.bad_scaler", name=name))
    values = stored.astype(np.float64)
    if not np.isfinite(values).all():
        raise FeatureError(t("features.bad_scaler", name=name))
    return values
