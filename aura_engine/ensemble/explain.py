"""Why a person stands where they stand: exact counterfactuals, true of any model."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aura_engine.domain import LEVEL_BY_VOTES
from aura_engine.ensemble.assessment import RiskAssessment
from aura_engine.ensemble.errors import MatrixError
from aura_engine.ensemble.validation import check_matrix
from aura_engine.i18n import t


class Assessor(Protocol):
    """A fitted model: population medians of the scaled KPIs, and a judgement of any rows."""

    @property
    def medians_(self) -> NDArray[np.float64]: ...

    def assess(self, X: ArrayLike) -> RiskAssessment: ...


@dataclass(frozen=True, eq=False)
class Explanation:
    """For each of m people and each KPI: what if that KPI alone were the population's median?

    Attributes
    ----------
    rows : ndarray of shape (m,), int64
        Rows of the matrix that are explained.
    votes : ndarray of shape (m, 3), bool
        K-Means, DBSCAN, isolation forest, as they are.
    level : ndarray of shape (m,), str
        As it is.
    asi_drop : ndarray of shape (m, 6)
        ASI as it is minus ASI without that KPI, in ASI points; positive = the KPI adds severity.
    level_without : ndarray of shape (m, 6), str
        Level the person would have.
    level_drops : ndarray of shape (m, 6), bool
        Whether that level is lower than the present one.
    """

    rows: NDArray[np.int64]
    votes: NDArray[np.bool_]
    level: NDArray[np.str_]
    asi_drop: NDArray[np.float64]
    level_without: NDArray[np.str_]
    level_drops: NDArray[np.bool_]

    def __post_init__(self) -> None:
        for field in fields(self):
            getattr(self, field.name).setflags(write=False)


def explain(model: Assessor, X: ArrayLike, subset: ArrayLike | None = None) -> Explanation:
    """Return, for some or all rows of X, the effect of each KPI alone.

    Parameters
    ----------
    model : fitted RiskEnsemble
    X : array-like of shape (n, 6)
        Scaled KPIs.
    subset : array-like of int or of n bools, optional
        Rows to explain, in this order; all by default.

    Returns
    -------
    Explanation
        Computed by judging m x 7 rows in one call: exact, whatever the model is.

    Raises
    ------
    MatrixError
        If X is not a matrix of scaled KPIs or the subset does not fit it.
    """
    matrix = check_matrix(X)
    rows = _positions(subset, len(matrix))
    people = matrix[rows]
    m, width = people.shape
    without = np.repeat(people[None, :, :], width, axis=0)
    for j in range(width):
        without[j, :, j] = model.medians_[j]
    told = model.assess(np.concatenate([people, without.reshape(-1, width)]))
    severity, counterfactual = told.severity[:m], told.severity[m:].reshape(width, m).T
    level_without = told.level[m:].reshape(width, m).T
    return Explanation(
        rows=rows,
        votes=told.votes[:m],
        level=told.level[:m],
        asi_drop=severity[:, None] - counterfactual,
        level_without=level_without,
        level_drops=_rank(level_without) < _rank(told.level[:m])[:, None],
    )


def _positions(subset: ArrayLike | None, n: int) -> NDArray[np.int64]:
    if subset is None:
        return np.arange(n, dtype=np.int64)
    chosen = np.asarray(subset)
    if chosen.dtype == bool and chosen.shape == (n,):
        return np.flatnonzero(chosen).astype(np.int64)
    whole = chosen.size == 0 or np.issubdtype(chosen.dtype, np.integer)
    if chosen.ndim != 1 or not whole or np.any((chosen < 0) | (chosen >= n)):
        raise MatrixError(t("ensemble.bad_subset", last=n - 1, n=n))
    return chosen.astype(np.int64)


def _rank(levels: NDArray[np.str_]) -> NDArray[np.int64]:
    rank = np.zeros(levels.shape, dtype=np.int64)
    for votes, level in enumerate(LEVEL_BY_VOTES[:3]):
        rank[levels == level.value] = votes
    return rank
