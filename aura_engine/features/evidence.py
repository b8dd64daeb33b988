"""How much was really seen of a person, and whether that is enough to judge."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from aura_engine.domain import KPI_COLUMNS, MIN_EVIDENCE
from aura_engine.features.matrix import raw_matrix
from aura_engine.features.scaling import FeatureScaler

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


def fitting_population(
    raw: pd.DataFrame | ArrayLike,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Choose whom a version is fitted on, and which columns it does without.

    Each depends on the other: a column without contrast is no evidence, and whether it has any is
    asked of those with enough evidence. So all columns count at first; those without contrast
    among the chosen stop counting, who needed them drops out, and so on until nothing changes. A
    column that stopped counting stays out, so that this ends after six rounds at most.

    Parameters
    ----------
    raw : DataFrame of ``KPI_COLUMNS`` or array-like of shape (n, 6)
        Everyone's raw KPIs, NaN where nothing was observed.

    Returns
    -------
    chosen : ndarray of shape (n,), bool
        Exactly those whose evidence suffices without the columns of ``no_contrast``.
    no_contrast : ndarray of shape (6,), bool
        Columns that shall weigh 0 in the version: all that lack contrast among the chosen
        (:attr:`FeatureScaler.no_contrast_`), and any that lacked it among those who dropped out
        with it.
    """
    matrix = raw_matrix(raw)
    flat = np.zeros(len(KPI_COLUMNS), dtype=bool)
    while True:
        chosen = is_sufficient(matrix, evidence(matrix, flat), flat)
        if not chosen.any():
            return chosen, flat
        found = flat | FeatureScaler().fit(matrix[chosen]).no_contrast_
        if (found == flat).all():
            return chosen, flat
        flat = found


def _counted(raw: pd.DataFrame | ArrayLike, no_contrast: ArrayLike | None) -> NDArray[np.bool_]:
    seen = ~np.isnan(raw_matrix(raw))
    if no_contrast is None:
        return seen
    counted: NDArray[np.bool_] = seen & ~np.asarray(no_contrast, dtype=bool)
    return counted
