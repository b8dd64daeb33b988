"""How much was really seen of a person, and whether that is enough to judge."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from aura_engine.domain import KPI_COLUMNS, MIN_EVIDENCE
from aura_engine.features.matrix import raw_matrix

BEHAVIOUR_COLUMNS = (
    KPI_COLUMNS.index("ratio_night_messages"),
    KPI_COLUMNS.index("sentiment_negativity_index"),
)
"""KPIs 3 and 5: a bare profile says little, words and hours say something."""


def evidence(
    raw: pd.DataFrame | ArrayLike, no_contrast: ArrayLike | None = None
) -> NDArray[np.int64]:
    """Count the KPIs really observed of each person.

    Parameters
    ----------
    raw : DataFrame of ``KPI_COLUMNS`` or array-like of shape (n, 6)
        Raw KPIs, NaN where nothing was observed.
    no_contrast : array-like of bool, shape (6,), optional
        Columns that tell nobody apart in this version; they do not count. None before a version
        is fitted.

    Returns
    -------
    ndarray of shape (n,), int64, 0-6
    """
    observed: NDArray[np.int64] = _counted(raw, no_contrast).sum(axis=1, dtype=np.int64)
    return observed


def is_sufficient(
    raw: pd.DataFrame | ArrayLike, evidence: ArrayLike, no_contrast: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Tell who has enough evidence: at least three KPIs, with KPI 3 or 5 among them.

    Parameters
    ----------
    raw, no_contrast
        As in :func:`evidence`.
    evidence : array-like of shape (n,)
        What :func:`evidence` gave for the same people.

    Returns
    -------
    ndarray of shape (n,), bool
    """
    behaviour = _counted(raw, no_contrast)[:, BEHAVIOUR_COLUMNS].any(axis=1)
    enough: NDArray[np.bool_] = (np.asarray(evidence) >= MIN_EVIDENCE) & behaviour
    return enough


def _counted(raw: pd.DataFrame | ArrayLike, no_contrast: ArrayLike | None) -> NDArray[np.bool_]:
    seen = ~np.isnan(raw_matrix(raw))
    if no_contrast is None:
        return seen
    counted: NDArray[np.bool_] = seen & ~np.asarray(no_contrast, dtype=bool)
    return counted
