"""Degenerate populations have the answers that `RiskEnsemble` documents."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from aura_engine.domain import RISK_DIRECTION
from aura_engine.ensemble import RiskEnsemble

Draw = Callable[[int, int], NDArray[np.float64]]


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_people_who_are_all_alike_are_all_low_with_severity_zero(n: int) -> None:
    X = np.full((n, 6), 0.3)
    model = RiskEnsemble().fit(X)
    told = model.assess(X)
    assert not told.votes.any()
    assert (told.level == "BAJO_RIESGO").all()
    np.testing.assert_array_equal(told.severity, 0.0)
    np.testing.assert_array_equal(told.pca, 0.0)
    assert model.no_contrast_.all()
    assert model.eps_ is None
    assert len(model.cluster_centers_) == 1


@pytest.mark.parametrize("one_sided", [True, False])
@pytest.mark.parametrize("n", [1, 2, 3, 11, 12])
def test_few_people_get_a_defined_answer(scaled: Draw, n: int, one_sided: bool) -> None:
    X = scaled(n, 0)
    model = RiskEnsemble(one_sided=one_sided).fit(X)
    told = model.assess(X)
    assert len(model.cluster_centers_) <= min(n, 4)
    assert np.isfinite(told.severity).all()
    assert (model.eps_ is None) == (n < 12)
    if n < 12:
        assert not told.votes[:, 1].any()


def test_fewer_people_than_min_samples_are_noise_only_with_an_explicit_eps(scaled: Draw) -> None:
    X = scaled(8, 0)
    assert not RiskEnsemble().fit(X).assess(X).votes[:, 1].any()
    assert RiskEnsemble(eps=0.3).fit(X).assess(X).votes[:, 1].all()


def test_there_are_as_many_clusters_as_distinct_people() -> None:
    X = np.repeat(np.eye(6)[:3], [2000, 5, 5], axis=0)
    model = RiskEnsemble(one_sided=False, weights=None).fit(X)
    assert len(model.cluster_centers_) == 3


def test_a_column_that_tells_nobody_apart_is_reported_and_ignored(scaled: Draw) -> None:
    X = scaled(300, 0)
    X[:, 2] = 0.4
    X[:, 3] = 1.0
    X[:7, 3] = 0.0
    model = RiskEnsemble().fit(X)
    np.testing.assert_array_equal(model.no_contrast_, [0, 0, 1, 1, 0, 0])
    other = X.copy()
    other[:, [2, 3]] = 0.9
    np.testing.assert_array_equal(model.assess(other).severity, model.assess(X).severity)


def test_in_plain_mode_only_a_constant_column_lacks_contrast(scaled: Draw) -> None:
    X = scaled(50, 0)
    X[:, 1] = 0.5
    model = RiskEnsemble(one_sided=False, weights=None).fit(X)
    np.testing.assert_array_equal(model.no_contrast_, [0, 1, 0, 0, 0, 0])


def test_an_imputed_median_is_no_excess_whatever_its_rounding() -> None:
    X = np.full((10, 6), 0.3)
    X[:2] = np.nextafter(0.3, 1)
    assert RiskEnsemble().fit(X).no_contrast_.all()


def test_people_who_differ_only_on_the_healthy_side_are_all_low(scaled: Draw) -> None:
    worst = (np.array(RISK_DIRECTION) + 1) / 2
    X = np.tile(worst, (100, 1))
    X[:40] = scaled(40, 0)
    model = RiskEnsemble().fit(X)
    told = model.assess(X)
    assert model.no_contrast_.all()
    assert model.eps_ is None
    assert len(model.cluster_centers_) == 1
    assert not told.votes.any()
    np.testing.assert_array_equal(told.severity, 0.0)
    assert np.ptp(told.pca[:, 0]) > 0


def test_where_most_stand_on_others_the_radius_is_the_smallest_positive_k_distance() -> None:
    X = np.zeros((60, 6))
    X[50:, 0] = [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.5, 0.6, 1.0]
    model = RiskEnsemble(one_sided=False, weights=None).fit(X)
    assert model.eps_ == np.nextafter(0.1, 1)
    np.testing.assert_array_equal(model.assess(X).votes[:, 1], X[:, 0] > 0.2)


def test_of_clusters_that_lean_alike_the_lowest_is_the_risk_cluster() -> None:
    X = np.repeat(np.concatenate([np.zeros((1, 6)), np.eye(6)[:2]]), 20, axis=0)
    model = RiskEnsemble(n_clusters=3, one_sided=False, weights=None).fit(X)
    lean = model.cluster_centers_ @ np.array(RISK_DIRECTION)
    tied = np.flatnonzero(lean == lean.max())
    assert len(tied) == 2
    assert model.risk_cluster_ == tied[0]
    cluster = model.assess(X).kmeans_cluster
    np.testing.assert_array_equal(model.assess(X).votes[:, 0], cluster == tied[0])


def test_people_who_are_alike_in_every_column_of_weight_are_all_low(scaled: Draw) -> None:
    X = scaled(40, 0)
    X[:, 5] = 0.7
    model = RiskEnsemble(one_sided=False, weights=(0, 0, 0, 0, 0, 1)).fit(X)
    told = model.assess(X)
    assert len(model.cluster_centers_) == 1
    assert not told.votes.any()
    np.testing.assert_array_equal(told.severity, 0.0)
