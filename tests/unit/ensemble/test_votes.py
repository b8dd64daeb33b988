"""In plain mode the three votes are scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN, KMeans
from sklearn.ensemble import IsolationForest

from aura_engine.domain import RISK_DIRECTION
from aura_engine.ensemble import RiskEnsemble
from aura_engine.ensemble.kmeans import ClusterVote

Draw = Callable[[int, int], NDArray[np.float64]]


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
    assert model.forest_vote_.threshold == forest.offset_
    assert noise.any()
    assert not noise.all()


@pytest.mark.parametrize("seed", range(30))
def test_the_clusters_are_those_of_scikit_learns_ten_starts(seed: int) -> None:
    X = np.random.default_rng(seed).random((150, 6))
    model = RiskEnsemble(8, one_sided=False, weights=None, eps=0.3, random_state=seed).fit(X)
    kmeans = KMeans(n_clusters=8, n_init=10, random_state=seed).fit(X)
    np.testing.assert_array_equal(model.cluster_centers_, kmeans.cluster_centers_)
    np.testing.assert_array_equal(model.assess(X).kmeans_cluster, kmeans.labels_)


def test_whoever_stands_between_two_centres_belongs_to_the_lowest() -> None:
    centers = np.zeros((3, 6))
    centers[:, 0] = [1.0, 0.0, 0.5]
    vote = ClusterVote(centers=centers, risk_cluster=0, casts_votes=True)
    between = np.zeros((3, 6))
    between[:, 0] = [0.75, 0.25, 0.5]
    np.testing.assert_array_equal(vote.assign(between), [0, 1, 2])
    np.testing.assert_array_equal(vote.distance_to_safety(between), [0.25, 0.25, 0.0])


def test_new_people_get_scikit_learns_cluster_and_anomaly(scaled: Draw) -> None:
    X, new = scaled(700, 1), scaled(300, 2)
    told = RiskEnsemble(one_sided=False, weights=None, eps=0.25).fit(X).assess(new)
    kmeans = KMeans(n_clusters=4, n_init=10, random_state=42).fit(X)
    forest = IsolationForest(contamination=0.1, random_state=42).fit(X)
    risk = np.argmax((kmeans.cluster_centers_ * np.array(RISK_DIRECTION)).sum(axis=1))
    np.testing.assert_array_equal(told.votes[:, 0], kmeans.predict(new) == risk)
    np.testing.assert_array_equal(told.votes[:, 2], forest.predict(new) == -1)


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
