"""Which columns tell nobody apart: the ensemble, the scaler and the evidence mean the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from aura_engine.domain import KPI_WEIGHTS
from aura_engine.ensemble import RiskEnsemble
from aura_engine.ensemble.one_sided import DetectorInput
from aura_engine.features import FeatureScaler, evidence, fitting_population, is_sufficient

Draw = Callable[[int, int], NDArray[np.float64]]


def test_a_column_of_weight_zero_lacks_contrast(scaled: Draw) -> None:
    for one_sided in (True, False):
        model = RiskEnsemble(one_sided=one_sided, weights=(1, 1, 1, 1, 0, 1)).fit(scaled(50, 0))
        np.testing.assert_array_equal(model.no_contrast_, [0, 0, 0, 0, 1, 0])


RAW = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 40), st.just(6)),
    elements=st.one_of(st.just(np.nan), st.integers(-3, 3), st.integers(0, 400)),
)


@given(RAW)
def test_the_ensemble_and_the_scaler_agree_on_which_columns_lack_contrast(raw: np.ndarray) -> None:
    scaler = FeatureScaler().fit(raw)
    seen = DetectorInput.fit(scaler.transform(raw), one_sided=True, weights=None)
    np.testing.assert_array_equal(seen.no_contrast, scaler.no_contrast_)


@given(RAW)
def test_a_version_finds_enough_evidence_in_exactly_those_it_was_fitted_on(raw: np.ndarray) -> None:
    chosen, flat = fitting_population(raw)
    if not chosen.any():
        return
    scaler = FeatureScaler().fit(raw[chosen])
    weights = np.where(flat, 0.0, KPI_WEIGHTS)
    seen = DetectorInput.fit(scaler.transform(raw[chosen]), one_sided=True, weights=weights)
    np.testing.assert_array_equal(seen.no_contrast, flat)
    observed = evidence(raw, seen.no_contrast)
    np.testing.assert_array_equal(is_sufficient(raw, observed, seen.no_contrast), chosen)
