"""What a sequence of lists means for whoever works with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aura_engine.demo.evaluation.nights import Relived

REOPENS_WITHIN: Final = 14
"""Days after leaving the list in which a return reopens the former case."""
UNDONE_WITHIN: Final = 7
LATE_AFTER: Final = 14.0
"""Days after an onset at which half of the cost of a delay has come."""


@dataclass(frozen=True)
class Burden:
    """Figures of one list over its nights.

    Attributes
    ----------
    new_cases_per_1000_day : float
        People who come on the list and were not on it in the last 14 days, per 1,000 and night.
    churn : float
        Mean of the shares of the list that come and go in a night.
    flips_undone : float
        Share of all comings and goings that are taken back within a week.
    lead_days_median : float
        Days from a planted onset to the list, among those who reach it; less is better.
    found : float
        Share of those with an onset who reach the list.
    delay_cost : float
        ERDE-like, 0-1, mean over all people: a case found k days after its onset costs
        ``1 - 1 / (1 + exp(k - 14))``, one never found 1, one on the list without risk the share of
        those at risk.
    listed : float
        Share of all people on the list, mean over the nights.
    """

    new_cases_per_1000_day: float
    churn: float
    flips_undone: float
    lead_days_median: float
    found: float
    delay_cost: float
    listed: float


def burden(
    lists: NDArray[np.bool_], onset: NDArray[np.float64], at_risk: NDArray[np.bool_]
) -> Burden:
    """Measure a list that was kept for some nights.

    Parameters
    ----------
    lists : ndarray of shape (nights, people), bool
        The first night is what the counselor began with.
    onset : ndarray of shape (people,)
        Night of the planted onset, NaN where there is none.
    at_risk : ndarray of shape (people,), bool
        On the last night.

    References
    ----------
    D. E. Losada, F. Crestani (2016), A test collection for research on depression and language
    use, CLEF (the early risk detection error, ERDE).
    """
    nights, people = lists.shape
    comes, goes = lists[1:] & ~lists[:-1], lists[:-1] & ~lists[1:]
    sizes = np.maximum(lists[:-1].sum(axis=1), 1)
    delays = _delays(lists, onset)
    has_onset = (onset >= 1) & (onset < nights)
    reached = has_onset & np.isfinite(delays)
    return Burden(
        new_cases_per_1000_day=1000 * float(_new(comes, goes).sum()) / (nights - 1) / people,
        churn=float(((comes.sum(axis=1) + goes.sum(axis=1)) / 2 / sizes).mean()),
        flips_undone=_undone(comes | goes),
        lead_days_median=float(np.median(delays[reached])) if reached.any() else np.nan,
        found=float(reached.sum() / max(int(has_onset.sum()), 1)),
        delay_cost=_delay_cost(lists, delays, has_onset, at_risk),
        listed=float(lists.mean()),
    )


def headline(lived: Relived) -> dict[str, float]:
    """Return the figures of the steadied list that scripts read."""
    figures = asdict(burden(lived.listed, lived.onset, lived.at_risk))
    names = ("new_cases_per_1000_day", "churn", "flips_undone", "lead_days_median")
    return {name: figures[name] for name in names} | {"jitter_renewal": lived.jitter_renewal}


def _delays(lists: NDArray[np.bool_], onset: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return nights from each onset to the first list after it; infinite where there is none."""
    night = np.arange(len(lists))[:, None]
    after = lists & (night >= np.nan_to_num(onset, nan=np.inf))
    first = np.where(after.any(axis=0), after.argmax(axis=0), np.inf)
    return np.where(np.isnan(onset), np.inf, first - np.nan_to_num(onset))


def _new(comes: NDArray[np.bool_], goes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    new = comes.copy()
    for night in range(len(comes)):
        recent = goes[max(0, night - REOPENS_WITHIN) : night]
        new[night] &= ~recent.any(axis=0)
    return new


def _undone(flips: NDArray[np.bool_]) -> float:
    """A flip is undone by the same person's next; those of the last week are not judged yet."""
    undone = made = 0
    for night in range(len(flips) - UNDONE_WITHIN):
        following = flips[night + 1 : night + 1 + UNDONE_WITHIN].any(axis=0)
        made += int(flips[night].sum())
        undone += int((flips[night] & following).sum())
    return undone / made if made else 0.0


def _delay_cost(
    lists: NDArray[np.bool_],
    delays: NDArray[np.float64],
    has_onset: NDArray[np.bool_],
    at_risk: NDArray[np.bool_],
) -> float:
    late = 1.0 - 1.0 / (1.0 + np.exp(np.clip(delays - LATE_AFTER, -50.0, 50.0)))
    wrong = np.where(lists[-1] & ~at_risk, at_risk.mean(), 0.0)
    missed = (at_risk & ~has_onset & ~lists[-1]).astype(np.float64)
    return float(np.where(has_onset, late, wrong + missed).mean())
