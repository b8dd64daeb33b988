"""``./aura bench ensemble``: fit and assess a million people, beside what scikit-learn needs.

The yardstick is K-Means and an isolation forest alone, fitted on the same detectors' input and
scored once, under one thread as our fits run. The density vote stands beside scikit-learn's DBSCAN
with the same radius. Every figure is the fastest of its rounds, each in a process of its own;
rounds take turns, so that whatever else the machine does meets them alike.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN, KMeans
from sklearn.ensemble import IsolationForest
from threadpoolctl import threadpool_limits

from aura_engine.domain import KPI_WEIGHTS
from aura_engine.ensemble import RiskEnsemble
from aura_engine.ensemble.density import DensityVote, k_distances, knee_eps
from aura_engine.ensemble.one_sided import DetectorInput
from aura_engine.features import FeatureScaler
from aura_engine.logs import configure_logging
from benchmarks.measuring import Measured, Timed, measure, print_figures

MIN_SAMPLES: Final = 12
SEED: Final = 42

SHARES: Final = (0.74, 0.14, 0.03, 0.03, 0.03, 0.03)
"""Ordinary, thriving and very social people; isolated, withdrawing and distressed ones."""


def scaled_kpis(people: int) -> NDArray[np.float64]:
    """Draw people, 9 % of them at risk, and return their scaled KPIs, shape (people, 6).

    Reciprocity, days of silence, night messages and negativity are skewed and continuous, the
    incomplete profile is 0 or 1, communities are whole numbers; some have no message or no text,
    which the scaler fills with the median.
    """
    random = np.random.default_rng(SEED)
    kind = random.choice(len(SHARES), size=people, p=SHARES)

    def by_kind(*values: float) -> NDArray[np.float64]:
        return np.array(values)[kind]

    raw = np.column_stack(
        [
            random.gamma(4.0, by_kind(0.25, 0.2, 0.05, 0.8, 0.3, 0.35)),
            np.minimum(random.gamma(1.5, by_kind(3, 1.5, 0.4, 14, 25, 4)), 365),
            random.beta(2, by_kind(22, 26, 20, 12, 14, 5)),
            random.random(people) < by_kind(0.25, 0.1, 0.02, 0.6, 0.4, 0.35),
            random.beta(by_kind(5, 3, 2.5, 7, 7, 14), 14),
            random.poisson(by_kind(2.5, 4, 11, 0.4, 1.2, 1.8)).clip(0, 12),
        ]
    )
    raw[random.random(people) < by_kind(0.4, 0.3, 0.1, 0.6, 0.5, 0.1), 2] = 0.0
    raw[random.random(people) < by_kind(0.08, 0.03, 0, 0.25, 0.2, 0.05), 2] = np.nan
    raw[random.random(people) < 0.06, 4] = np.nan
    return FeatureScaler().fit(raw).transform(raw)


def detector_input(people: int) -> NDArray[np.float64]:
    """Return what the ensemble's three detectors see of these people, shape (people, 6)."""
    X = scaled_kpis(people)
    return DetectorInput.fit(X, one_sided=True, weights=KPI_WEIGHTS).transform(X)


def ensemble(people: int) -> Timed:
    """Fit the ensemble and assess those it was fitted on."""
    configure_logging("warning")
    X = scaled_kpis(people)
    return _timed(lambda: RiskEnsemble(random_state=SEED).fit(X).assess(X), len)


def yardstick(people: int) -> Timed:
    """Fit K-Means and an isolation forest, and score the people once."""
    Z = detector_input(people)

    def work() -> NDArray[np.float64]:
        KMeans(n_clusters=4, n_init=10, random_state=SEED).fit(Z)
        scores: NDArray[np.float64] = (
            IsolationForest(contamination=0.1, random_state=SEED).fit(Z).score_samples(Z)
        )
        return scores

    with threadpool_limits(limits=1):
        return _timed(work, len)


def density_vote(people: int) -> Timed:
    """Find the core points and everyone's vote; returns how many are noise."""
    Z = detector_input(people)
    eps = _radius(Z)

    def work() -> NDArray[np.bool_]:
        vote = DensityVote.fit(Z, eps=eps, min_samples=MIN_SAMPLES, random_state=SEED)
        return vote.votes(Z)

    return _timed(work, np.count_nonzero)


def dbscan(people: int, algorithm: str) -> Timed:
    """Run scikit-learn's DBSCAN; returns how many are noise."""
    Z = detector_input(people)
    model = DBSCAN(eps=_radius(Z), min_samples=MIN_SAMPLES, algorithm=algorithm)
    with threadpool_limits(limits=1):
        return _timed(lambda: model.fit(Z).labels_ == -1, np.count_nonzero)


def _radius(Z: NDArray[np.float64]) -> float:
    eps = knee_eps(k_distances(Z, MIN_SAMPLES, SEED))
    if eps is None:
        raise ValueError("these people give no radius")
    return eps


def _timed(work: Callable[[], Any], count: Callable[[Any], int]) -> Timed:
    started = time.perf_counter()
    result = work()
    return Timed(time.perf_counter() - started, int(count(result)))


def fastest(rounds: int, *works: tuple[Any, ...]) -> list[Measured]:
    """Measure each work, a function and its arguments, in turns; the fastest round of each.

    The peak is the highest of all rounds.
    """
    measured = [[measure(*work) for work in works] for _ in range(rounds)]
    best = []
    for runs in zip(*measured, strict=True):
        quickest = min(runs, key=lambda run: run.seconds)
        peak = max(run.peak_mb for run in runs)
        best.append(Measured(quickest.seconds, peak, quickest.result))
    return best


def main() -> None:
    """Measure, print a table and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000, help="people of the large size")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of which the fastest counts")
    options = parser.parse_args()
    many = max(2_000, options.people)
    few, dense = many // 10, many // 50

    ours, theirs, small = fastest(
        options.rounds, (ensemble, many), (yardstick, many), (ensemble, few)
    )
    vote, default, tree = fastest(
        options.rounds,
        (density_vote, dense),
        (dbscan, dense, "auto"),
        (dbscan, dense, "kd_tree"),
    )
    if not vote.result == default.result == tree.result:
        raise RuntimeError(f"noise: {vote.result}, {default.result} and {tree.result} people")

    print(f"{'':44}{'people':>10}{'seconds':>10}{'peak MB':>10}")
    for name, people, measured in (
        ("ensemble, fit and assess", many, ours),
        ("K-Means and isolation forest alone", many, theirs),
        ("ensemble, fit and assess", few, small),
        ("density vote", dense, vote),
        ("scikit-learn's DBSCAN, default", dense, default),
        ("scikit-learn's DBSCAN, kd_tree", dense, tree),
    ):
        print(f"{name:44}{people:10,}{measured.seconds:10.3f}{measured.peak_mb:10.0f}")
    print_figures(
        {
            "ratio_1m_vs_kmeans_iforest": ours.seconds / theirs.seconds,
            "peak_mb_1m": ours.peak_mb,
            "growth_100k_1m": ours.seconds / small.seconds,
            "speedup_dbscan_20k": min(default.seconds, tree.seconds) / vote.seconds,
        }
    )


if __name__ == "__main__":
    main()
