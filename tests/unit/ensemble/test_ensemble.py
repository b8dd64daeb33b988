from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.metrics import average_precision_score

import aura_engine.ensemble as ensemble
from aura_engine.domain import KPI_COLUMNS, KPI_WEIGHTS, RISK_DIRECTION
from aura_engine.ensemble import (
    EnsembleNotFitted,
    MatrixError,
    ParameterError,
    RiskAssessment,
    RiskEnsemble,
)
from aura_engine.ensemble.one_sided import DetectorInput
from aura_engine.ensemble.severity import SeverityScale
from aura_engine.features import FeatureScaler

Draw = Callable[[int, int], NDArray[np.float64]]
ROWS = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 30), st.just(6)), elements=st.floats(0, 1, width=32)
)
FITTED = RiskEnsemble().fit(np.random.default_rng(8).beta(2, 4, (400, 6)))


def test_the_defaults_are_the_documented_ones() -> None:
    assert RiskEnsemble().get_params() == {
        "n_clusters": 4,
        "contamination": 0.1,
        "eps": None,
        "min_samples": 12,
        "one_sided": True,
        "weights": KPI_WEIGHTS,
        "random_state": 42,
    }


def test_it_behaves_as_an_estimator(scaled: Draw) -> None:
    model = RiskEnsemble(n_clusters=3)
    assert model.fit(scaled(80, 0)) is model
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    with pytest.raises(NotFittedError, match="fit"):
        copy.assess(scaled(3, 0))
    with pytest.raises(EnsembleNotFitted):
        copy.to_bytes()


def test_init_only_stores_and_fit_refuses() -> None:
    with pytest.raises(ParameterError, match="n_clusters"):
        RiskEnsemble(n_clusters=11).fit(np.zeros((5, 6)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_clusters", 1),
        ("n_clusters", 2.5),
        ("n_clusters", True),
        ("contamination", 0.0),
        ("contamination", 0.51),
        ("contamination", np.nan),
        ("eps", 0),
        ("eps", np.inf),
        ("min_samples", 0),
        ("one_sided", "yes"),
        ("weights", (1, 1)),
        ("weights", (0,) * 6),
        ("weights", (1, 1, 1, -1, 1, 1)),
        ("weights", "heavy"),
        ("random_state", None),
        ("random_state", -1),
    ],
)
def test_an_impossible_parameter_is_named(name: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=f"parámetro {name} no es válido.*Debe ser"):
        RiskEnsemble(**{name: value}).fit(np.zeros((5, 6)))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((0, 6)), "No hay personas"),
        (np.zeros((4, 5)), "6 columnas"),
        (np.zeros(6), "6 columnas"),
        ([[0, 0, np.nan, 0, 0, 0]], "ratio_night_messages.*fila: 0"),
        ([[0] * 6, [0, np.inf, 0, 0, 0, 0]], "days_since_last_seen.*fila: 1"),
        ([["a"] * 6], "no son números"),
        (pd.DataFrame(np.zeros((2, 6)), columns=list(reversed(KPI_COLUMNS))), "en su orden"),
    ],
)
def test_a_matrix_that_is_not_one_of_scaled_kpis_is_refused(X: Any, message: str) -> None:
    with pytest.raises(MatrixError, match=message):
        RiskEnsemble().fit(X)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_assess_refuses_what_fit_refuses(value: float) -> None:
    for judge in (FITTED.assess, FITTED.explain, FITTED.detector_input):
        with pytest.raises(MatrixError, match="sentiment_negativity_index"):
            judge([[0, 0, 0, 0, value, 0]])


def test_a_failed_refit_leaves_the_model_as_it_was(scaled: Draw) -> None:
    model = RiskEnsemble().fit(scaled(100, 0))
    before = model.assess(scaled(20, 1)).severity
    with pytest.raises(MatrixError):
        model.fit(np.full((3, 6), np.nan))
    np.testing.assert_array_equal(model.assess(scaled(20, 1)).severity, before)


def test_nobody_to_assess_gives_an_empty_assessment() -> None:
    told = FITTED.assess(np.empty((0, 6)))
    assert told.votes.shape == (0, 3)
    assert told.level.shape == told.severity.shape == told.kmeans_cluster.shape == (0,)
    assert told.pca.shape == (0, 2)


def test_two_votes_are_high_one_moderate_none_low(scaled: Draw) -> None:
    X = scaled(800, 0)
    told = RiskEnsemble().fit(X).assess(X)
    names = np.array(["BAJO_RIESGO", "RIESGO_MODERADO", "ALTO_RIESGO", "ALTO_RIESGO"])
    assert set(told.votes.sum(axis=1)) == {0, 1, 2, 3}
    np.testing.assert_array_equal(told.level, names[told.votes.sum(axis=1)])


def test_an_assessment_cannot_be_changed() -> None:
    told = FITTED.assess(np.zeros((2, 6)))
    with pytest.raises(ValueError, match="read-only"):
        told.severity[0] = 100.0
    with pytest.raises(AttributeError):
        told.severity = np.zeros(2)  # type: ignore[misc]


def test_the_same_input_and_seed_give_the_same_bits(scaled: Draw) -> None:
    X = scaled(500, 0)
    assert RiskEnsemble().fit(X).to_bytes() == RiskEnsemble().fit(X).to_bytes()
    assert RiskEnsemble().fit(X).to_bytes() != RiskEnsemble(random_state=1).fit(X).to_bytes()


# One-sided input ----------------------------------------------------------------------------


def test_the_detectors_see_the_weighted_logarithm_of_the_excess_over_the_usual() -> None:
    X = np.tile(np.array([[0.0], [0.2], [0.4], [0.6], [0.8], [1.0]]), 6)
    seen = DetectorInput.fit(X, one_sided=True, weights=(1, 1, 1, 0.5, 1, 2))
    # Six in ten stand at 0.6 or below (at 0.4 or above in the last column); two exceed it.
    span, typical = np.percentile([0.2, 0.4], 99.5), 0.3
    share = np.log1p(0.2 / (5 * typical)) / np.log1p(span / (5 * typical))
    Z = seen.transform(X)
    np.testing.assert_allclose(Z[:, 0], [0, 0, 0, 0, share, 1.0])
    np.testing.assert_allclose(Z[:, 3], [0, 0, 0, 0, 0.5 * share, 0.5])
    np.testing.assert_allclose(Z[:, 5], [2.0, 2 * share, 0, 0, 0, 0])


def test_an_excess_is_compressed_but_keeps_its_order() -> None:
    X = np.linspace(0, 1, 1001)[:, None].repeat(6, axis=1) ** 8
    seen = DetectorInput.fit(X, one_sided=True, weights=None)
    first = seen.transform(X)[:, 0]
    assert (np.diff(first) >= 0).all()
    linear = np.clip((X[:, 0] - seen.usual[0]) / seen.spans[0], 0, 1)
    assert (first >= linear - 1e-12).all()
    assert first.max() == 1.0


@settings(deadline=None)
@given(ROWS, hnp.arrays(np.float64, (30, 6), elements=st.floats(0, 1)))
def test_moves_on_the_healthy_side_of_the_median_change_nothing(
    rows: NDArray[np.float64], share: NDArray[np.float64]
) -> None:
    signs = np.array(RISK_DIRECTION)
    healthy = (rows - FITTED.medians_) * signs <= 0
    healthier = np.where(healthy, FITTED.medians_ - signs * share[: len(rows)], rows)
    before, after = FITTED.assess(rows), FITTED.assess(healthier)
    np.testing.assert_array_equal(after.votes, before.votes)
    np.testing.assert_array_equal(after.severity, before.severity)


@pytest.mark.parametrize("weights", [KPI_WEIGHTS, None])
def test_a_person_at_the_median_of_everything_gets_no_vote(
    scaled: Draw, weights: tuple[float, ...] | None
) -> None:
    model = RiskEnsemble(weights=weights).fit(scaled(2000, 3))
    told = model.assess(model.medians_[None, :])
    assert not told.votes[:, [0, 2]].any()


def test_on_planted_populations_one_sided_beats_plain_votes(
    planted: Callable[[int, int], Any],
) -> None:
    figures: dict[bool, list[tuple[float, float, float]]] = {True: [], False: []}
    for seed in range(10, 14):
        people = planted(2000, seed)
        X = FeatureScaler().fit(people.raw).transform(people.raw)
        for one_sided in (True, False):
            weights = KPI_WEIGHTS if one_sided else None
            told = RiskEnsemble(one_sided=one_sided, weights=weights).fit(X).assess(X)
            high = told.level == "ALTO_RIESGO"
            figures[one_sided].append(
                (
                    average_precision_score(people.at_risk, told.severity),
                    high[people.at_risk].mean(),
                    high[people.healthy_outlier].mean(),
                )
            )
    ours, plain = np.mean(figures[True], axis=0), np.mean(figures[False], axis=0)
    assert ours[0] >= plain[0] + 0.05, (ours, plain)
    assert ours[1] >= plain[1] + 0.08, (ours, plain)
    assert ours[2] <= 0.01 < plain[2], (ours, plain)


# Severity and projection --------------------------------------------------------------------


@settings(deadline=None)
@given(ROWS)
def test_ranges_hold_for_anyone(rows: NDArray[np.float64]) -> None:
    told = FITTED.assess(rows)
    assert ((told.severity >= 0) & (told.severity <= 100)).all()
    assert np.isfinite(told.pca).all()
    assert set(told.kmeans_cluster) <= set(range(4))


@settings(deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_a_persons_result_does_not_depend_on_who_else_is_in_the_batch(
    rows: NDArray[np.float64], random: Any
) -> None:
    told = FITTED.assess(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    _same(FITTED.assess(rows[order]), told, np.array(order))
    _same(FITTED.assess(rows[:1]), told, np.array([0]))


def _same(one: RiskAssessment, other: RiskAssessment, rows: NDArray[np.int64]) -> None:
    for name in ("votes", "level", "severity", "pca", "kmeans_cluster"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name)[rows])


def test_severity_is_the_documented_formula() -> None:
    scale = SeverityScale(score_low=-0.7, score_high=-0.3, distance_low=0.2, distance_high=1.2)
    severity = scale.severity(
        np.array([-0.3, -0.7, -0.6, -0.9]),
        np.array([False, True, False, True]),
        np.array([0.2, 1.2, 0.7, 2.0]),
    )
    np.testing.assert_allclose(severity, [0.0, 100.0, 47.5, 100.0])


@pytest.mark.parametrize("one_sided", [True, False])
def test_severity_measures_the_distance_to_the_nearest_centre_outside_the_risk_cluster(
    scaled: Draw, one_sided: bool
) -> None:
    X = scaled(400, 6)
    model = RiskEnsemble(one_sided=one_sided).fit(X)
    told = model.assess(X)
    Z = model.detector_input(X)
    safe = np.delete(model.cluster_centers_, model.risk_cluster_, axis=0)
    distance = np.linalg.norm(Z[:, None, :] - safe[None, :, :], axis=2).min(axis=1)
    score = model.forest_vote_.scores(Z)
    normal = (score - score.min()) / np.ptp(score)
    far = (distance - distance.min()) / np.ptp(distance)
    expected = 100 * (0.5 * (1 - normal) + 0.3 * told.votes[:, 1] + 0.2 * far)
    np.testing.assert_allclose(told.severity, expected, atol=1e-9)


def test_severity_without_spread_counts_only_noise() -> None:
    scale = SeverityScale(-0.5, -0.5, 0.0, 0.0)
    severity = scale.severity(np.array([-0.5, -0.9]), np.array([False, True]), np.array([0.0, 3.0]))
    np.testing.assert_array_equal(severity, [0.0, 30.0])


UNIT = st.floats(0, 1)


@given(UNIT, UNIT, UNIT, UNIT, st.booleans())
def test_severity_grows_with_each_of_its_parts(
    score: float, distance: float, less: float, more: float, noise: bool
) -> None:
    scale = SeverityScale(0.0, 1.0, 0.0, 1.0)

    def asi(score: float, noise: bool, distance: float) -> float:
        return float(scale.severity(np.array([score]), np.array([noise]), np.array([distance]))[0])

    base = asi(score, noise, distance)
    assert asi(score * less, noise, distance) >= base
    assert asi(score, True, distance) >= base
    assert asi(score, noise, distance + more * (1 - distance)) >= base - 1e-12


def test_the_projection_is_the_principal_components_of_the_plain_kpis(scaled: Draw) -> None:
    X = scaled(400, 5)
    told = RiskEnsemble().fit(X).assess(X)
    expected = PCA(n_components=2).fit_transform(X)
    for axis in range(2):
        sign = np.sign(expected[0, axis] * told.pca[0, axis])
        np.testing.assert_allclose(told.pca[:, axis], sign * expected[:, axis], atol=1e-9)


def test_the_public_surface_is_what_is_declared() -> None:
    assert ensemble.__all__ == sorted(ensemble.__all__)
    assert all(hasattr(ensemble, name) for name in ensemble.__all__)
