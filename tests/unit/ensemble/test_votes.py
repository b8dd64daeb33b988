"""In plain mode the three votes are scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN, KMeans
from sklearn.ensemble import IsolationForest

from aura_engine.domain import RISK_DIRECTION
from aura_engine.ensemble import RiskEnsemble
from aura_engine.ensemble.density import DensityVote, core_mask, k_distances, knee_eps
from aura_engine.ensemble.kmeans import ClusterVote

Draw = Callable[[int, int], NDArray[np.float64]]


def brute_force_noise(Z: NDArray[np.float64], eps: float, min_samples: int) -> NDArray[np.bool_]:
    total = np.zeros((len(Z), len(Z)))
    for j in range(Z.shape[1]):
        total += (Z[:, None, j] - Z[None, :, j]) ** 2
    near = total <= eps * eps
    core = near.sum(axis=1) >= min_samples
    return ~near[:, core].any(axis=1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("n", "eps"), [(60, 0.4), (900, 0.22)])
def test_plain_votes_equal_scikit_learns(scaled: Draw, seed: int, n: int, eps: float) -> None:
    X = scaled(n, seed)
    model = RiskEnsemble(one_sided=False, weights=None, eps=eps, random_state=seed).fit(X)
    votes = model.assess(X).votes
    kmeans = KMeans(n_clusters=4, n_init=10, random_state=seed).fit(X)
    risk = np.argmax((kmeans.cluster_centers_ * np.array(RISK_DIRECTION)).sum(axis=1))
    noise = DBSCAN(eps=eps, min_samples=12, algorithm="kd_tree").fit(X).labels_ == -1
    forest = IsolationForest(contamination=0.1, random_state=seed).fit(X)
    assert model.cluster_vote_.casts_votes
    np.testing.assert_array_equal(votes[:, 0], kmeans.labels_ == risk)
    np.testing.assert_array_equal(votes[:, 1], noise)
    np.testing.assert_array_equal(votes[:, 2], forest.predict(X) == -1)
    np.testing.assert_array_equal(model.forest_vote_.scores(X), forest.score_samples(X))
    assert noise.any()
    assert not noise.all()


def test_new_people_get_scikit_learns_cluster_and_anomaly(scaled: Draw) -> None:
    X, new = scaled(700, 1), scaled(300, 2)
    told = RiskEnsemble(one_sided=False, weights=None, eps=0.25).fit(X).assess(new)
    kmeans = KMeans(n_clusters=4, n_init=10, random_state=42).fit(X)
    forest = IsolationForest(contamination=0.1, random_state=42).fit(X)
    risk = np.argmax((kmeans.cluster_centers_ * np.array(RISK_DIRECTION)).sum(axis=1))
    np.testing.assert_array_equal(told.votes[:, 0], kmeans.predict(new) == risk)
    np.testing.assert_array_equal(told.votes[:, 2], forest.predict(new) == -1)


LATTICE = hnp.arrays(
    np.int64, st.tuples(st.integers(1, 60), st.just(6)), elements=st.integers(0, 3)
).map(lambda grid: grid / 10)


@settings(deadline=None)
@given(LATTICE, st.sampled_from([0.1, 0.2, 0.3, 0.5, float(np.sqrt(0.02))]), st.integers(1, 8))
def test_noise_is_exact_among_duplicates_and_at_the_boundary(
    Z: NDArray[np.float64], eps: float, min_samples: int
) -> None:
    vote = DensityVote.fit(Z, eps=eps, min_samples=min_samples, random_state=0)
    np.testing.assert_array_equal(vote.votes(Z), brute_force_noise(Z, eps, min_samples))


def test_a_core_point_counts_itself_and_its_boundary() -> None:
    Z = np.zeros((3, 6))
    Z[:, 0] = [0.0, 0.25, 0.75]
    np.testing.assert_array_equal(core_mask(Z, 0.25, 2), [True, True, False])
    np.testing.assert_array_equal(core_mask(Z, 0.5, 3), [False, True, False])


def test_a_new_person_is_noise_when_no_core_point_is_within_eps() -> None:
    Z = np.zeros((20, 6))
    vote = DensityVote.fit(Z, eps=0.25, min_samples=12, random_state=0)
    new = np.zeros((3, 6))
    new[:, 2] = [0.25, np.nextafter(0.25, 1), 0.1]
    np.testing.assert_array_equal(vote.votes(new), [False, True, False])


def test_the_knee_is_farthest_below_the_chord() -> None:
    curve = np.array([0.10, 0.11, 0.12, 0.13, 0.60, 1.10])
    assert knee_eps(curve) == np.nextafter(0.13, 1)


def test_a_knee_at_zero_takes_the_smallest_positive_k_distance() -> None:
    assert knee_eps(np.array([0.0, 0.0, 0.0, 0.4, 0.9])) == np.nextafter(0.4, 1)


@pytest.mark.parametrize("curve", [np.zeros(5), np.empty(0)], ids=["all zero", "nobody"])
def test_no_positive_k_distance_gives_no_radius(curve: NDArray[np.float64]) -> None:
    assert knee_eps(curve) is None


def test_the_k_distance_is_the_radius_at_which_a_person_becomes_core(scaled: Draw) -> None:
    Z = scaled(300, 3)
    curve = k_distances(Z, 12, 0)
    assert curve.shape == (300,)
    for share in (0.2, 0.9):
        rank = int(share * 300)
        core = core_mask(Z, float(np.nextafter(curve[rank], np.inf)), 12)
        assert core.sum() == rank + 1


def test_beyond_ten_thousand_people_the_knee_is_measured_on_a_sample(scaled: Draw) -> None:
    Z = scaled(11_000, 4)
    curve = k_distances(Z, 12, 0)
    assert curve.shape == (10_000,)
    np.testing.assert_array_equal(curve, k_distances(Z, 12, 0))
    full = np.sort(k_distances(Z[:10_000], 12, 0))
    assert np.median(curve) == pytest.approx(np.median(full), rel=0.05)


def test_the_risk_cluster_leans_most_and_ties_go_to_the_lowest() -> None:
    Z = np.repeat([[0.0] * 6, [1.0, 0, 0, 0, 0, 0], [0, 1.0, 0, 0, 0, 0]], 5, axis=0)
    vote = ClusterVote.fit(Z, np.ones(6), n_clusters=3, random_state=0)
    lean = vote.centers.sum(axis=1)
    assert vote.risk_cluster == np.flatnonzero(lean == lean.max())[0]
    assert (lean == lean.max()).sum() == 2


@pytest.mark.parametrize(("gap", "casts"), [(0.099, False), (0.102, True)])
def test_a_risk_cluster_that_hardly_leans_casts_no_vote(gap: float, casts: bool) -> None:
    Z = np.zeros((40, 6))
    Z[:20, 0] = gap
    vote = ClusterVote.fit(Z, np.ones(6), n_clusters=2, random_state=0)
    labels = vote.assign(Z)
    assert vote.casts_votes is casts
    assert (labels[:20] == vote.risk_cluster).all()
    assert vote.votes(labels).sum() == (20 if casts else 0)


def test_in_plain_mode_many_communities_do_not_make_a_risk_cluster() -> None:
    X = np.full((40, 6), 0.2)
    X[:20, 5] = 1.0
    model = RiskEnsemble(n_clusters=2, one_sided=False, weights=None, eps=0.2).fit(X)
    votes = model.assess(X).votes[:, 0]
    assert votes[20:].all()
    assert not votes[:20].any()
