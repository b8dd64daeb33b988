"""Empirical-Bayes shrinkage: one message at night of one is not a night life.

A person's rate or mean is drawn towards the population's by a prior worth ``strength``
observations. Both priors are fitted by the method of moments; what the data cannot separate is
taken as sameness, and no prior weighs more than the observations it was learned from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aura_engine.features.errors import FeatureError
from aura_engine.i18n import t


@dataclass(frozen=True)
class Prior:
    """What the population says about a person of whom nothing is known yet.

    Attributes
    ----------
    mean : float
        The population's rate or mean, in the unit of one observation.
    strength : float
        How many observations the prior is worth, >= 0. At 0 the mean has no effect.

    Raises
    ------
    FeatureError
        If a value is not finite or the strength is negative.
    """

    mean: float
    strength: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and math.isfinite(self.strength) and self.strength >= 0):
            raise FeatureError(t("features.bad_prior", mean=self.mean, strength=self.strength))


WEIGHTLESS = Prior(mean=0.0, strength=0.0)
"""Prior of a population without a single observation: it moves nothing."""


def fit_rate_prior(successes: ArrayLike, trials: ArrayLike) -> Prior:
    r"""Fit the beta-binomial prior of a rate by the method of moments.

    With :math:`p_i = s_i / n_i`, :math:`N = \sum n_i`, :math:`p = \sum s_i / N` over the *k*
    people with :math:`n_i > 0`, Kleinman's estimate with weights :math:`n_i` is

    .. math:: \gamma = \frac{\sum n_i (p_i - p)^2 / (p(1-p)) - (k-1)}{N - \sum n_i^2/N - (k-1)}

    and the strength is :math:`\alpha + \beta = (1 - \gamma) / \gamma`.

    Parameters
    ----------
    successes, trials : array-like of shape (n,)
        Counts a person, ``0 <= successes <= trials``.

    Returns
    -------
    Prior
        ``mean`` in [0, 1], ``strength`` in [0, N]. Nobody with a trial: ``WEIGHTLESS``. Where
        people cannot be told apart (one person, one trial each, all rates equal, p of 0 or 1, or
        less spread than chance gives) the strength is its upper bound N.

    Raises
    ------
    FeatureError
        If the shapes differ, or a count is missing, negative or above its trials.

    References
    ----------
    J. C. Kleinman (1973), Proportions with extraneous variance: single and independent samples,
    JASA 68(341), 46-54.
    """
    s, n = _pair(successes, trials)
    if np.any(s < 0) or np.any(s > n):
        raise FeatureError(t("features.bad_counts"))
    s, n = s[n > 0], n[n > 0]
    if n.size == 0:
        return WEIGHTLESS
    total = float(n.sum())
    p = float(s.sum()) / total
    spread = p * (1.0 - p)
    room = total - float((n**2).sum()) / total - (n.size - 1)
    if spread <= 0.0 or room <= 1e-9 * total:
        return Prior(p, total)
    gamma = (float((n * (s / n - p) ** 2).sum()) / spread - (n.size - 1)) / room
    return Prior(p, _bounded((1.0 - gamma) / gamma if gamma > 0.0 else math.inf, total))


def fit_mean_prior(sums: ArrayLike, sums_of_squares: ArrayLike, counts: ArrayLike) -> Prior:
    r"""Fit the prior of a mean: strength = within variance / between variance.

    One-way random effects by the method of moments over the *k* people with :math:`n_i > 0`:
    within :math:`\sigma^2 = \sum (q_i - t_i^2/n_i) / (N-k)`, between
    :math:`\tau^2 = (\sum n_i (y_i - y)^2 - (k-1)\sigma^2) / (N - \sum n_i^2/N)` with sums
    :math:`t_i`, sums of squares :math:`q_i`, :math:`y_i = t_i/n_i`, :math:`y = \sum t_i/N`.

    Parameters
    ----------
    sums, sums_of_squares, counts : array-like of shape (n,)
        A person's sum, sum of squares and number of observations. NaN sums are allowed where the
        count is 0.

    Returns
    -------
    Prior
        ``strength`` in [0, N]. Nobody observed: ``WEIGHTLESS``. Where people cannot be told apart
        (one person, one observation each, or no more spread than the within variance gives) the
        strength is its upper bound N.

    Raises
    ------
    FeatureError
        If the shapes differ, a count is missing or negative, or a counted sum is not finite.

    References
    ----------
    H. Bühlmann, E. Straub (1970), Glaubwürdigkeit für Schadensätze; S. R. Searle, G. Casella,
    C. E. McCulloch (1992), Variance Components, section 3.6 (unbalanced one-way ANOVA estimators).
    """
    sums_, n = _pair(sums, counts, first_may_be_missing=True)
    squares, _ = _pair(sums_of_squares, counts, first_may_be_missing=True)
    seen = n > 0
    sums_, squares, n = sums_[seen], squares[seen], n[seen]
    if not (np.isfinite(sums_).all() and np.isfinite(squares).all()):
        raise FeatureError(t("features.bad_counts"))
    if n.size == 0:
        return WEIGHTLESS
    total = float(n.sum())
    mean = float(sums_.sum()) / total
    freedom = total - n.size
    room = total - float((n**2).sum()) / total
    if freedom <= 0.0 or room <= 1e-9 * total:
        return Prior(mean, total)
    within = max(0.0, float((squares - sums_**2 / n).sum())) / freedom
    among = float((n * (sums_ / n - mean) ** 2).sum())
    between = (among - (n.size - 1) * within) / room
    return Prior(mean, _bounded(within / between if between > 0.0 else math.inf, total))


def shrink(total: ArrayLike, count: ArrayLike, prior: Prior) -> NDArray[np.float64]:
    """Return ``(total + mean * strength) / (count + strength)``, NaN where ``count`` is 0 or NaN.

    Parameters
    ----------
    total, count : array-like of shape (n,)
        A person's sum (or successes) and number of observations.
    prior : Prior
        The frozen prior of the model version.

    Returns
    -------
    ndarray of shape (n,), float64
        Between a person's own mean and the prior's.
    """
    totals = np.asarray(total, dtype=np.float64)
    counts = np.asarray(count, dtype=np.float64)
    seen = counts > 0
    shrunk = np.full(np.broadcast_shapes(totals.shape, counts.shape), np.nan)
    np.divide(totals + prior.mean * prior.strength, counts + prior.strength, out=shrunk, where=seen)
    return shrunk


def _pair(
    first: ArrayLike, counts: ArrayLike, *, first_may_be_missing: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = np.asarray(first, dtype=np.float64)
    n = np.asarray(counts, dtype=np.float64)
    if values.shape != n.shape or values.ndim != 1:
        raise FeatureError(t("features.unequal_lengths", first=values.shape, second=n.shape))
    counted = n if first_may_be_missing else np.concatenate([values, n])
    if not np.isfinite(counted).all() or np.any(n < 0):
        raise FeatureError(t("features.bad_counts"))
    return values, n


def _bounded(strength: float, observations: float) -> float:
    return min(max(strength, 0.0), observations)
