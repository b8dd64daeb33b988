"""The raw KPI table as a matrix: six documented columns, NaN where nothing was observed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from aura_engine.domain import KPI_COLUMNS
from aura_engine.features.errors import FeatureError
from aura_engine.i18n import t


def raw_matrix(raw: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
    """Return raw KPIs as a float64 matrix in the order of ``KPI_COLUMNS``.

    Parameters
    ----------
    raw : DataFrame with (at least) the columns ``KPI_COLUMNS``, or array-like of shape (n, 6)
        NaN marks what was not observed.

    Returns
    -------
    ndarray of shape (n, 6), float64

    Raises
    ------
    FeatureError
        If a KPI column is missing, the shape is another, or a value is infinite.
    """
    if isinstance(raw, pd.DataFrame):
        absent = [name for name in KPI_COLUMNS if name not in raw.columns]
        if absent:
            raise FeatureError(t("features.columns_absent", columns=", ".join(absent)))
        raw = raw.loc[:, list(KPI_COLUMNS)].to_numpy(dtype=np.float64, na_value=np.nan)
    matrix = np.asarray(raw, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != len(KPI_COLUMNS):
        raise FeatureError(
            t("features.bad_shape", expected=len(KPI_COLUMNS), shape=tuple(matrix.shape))
        )
    infinite = np.isinf(matrix).any(axis=0)
    if infinite.any():
        raise FeatureError(
            t("features.infinite", column=KPI_COLUMNS[int(np.flatnonzero(infinite)[0])])
        )
    return matrix
