from __future__ import annotations

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import aura_engine.features as features
from aura_engine.domain import KPI_COLUMNS
from aura_engine.features import (
    FeatureError,
    FeatureScaler,
    evidence,
    fitting_population,
    is_sufficient,
)

NAN = np.nan


def test_the_clipped_range_becomes_zero_to_one() -> None:
    raw = np.tile(np.arange(201.0)[:, None], 6)
    scaler = FeatureScaler().fit(raw)
    np.testing.assert_allclose(scaler.clip_low_, 1.0)
    np.testing.assert_allclose(scaler.clip_high_, 199.0)
    scaled = scaler.transform(np.array([[0.0, 1.0, 100.0, 199.0, 200.0, 50.5]]))
    np.testing.assert_allclose(scaled, [[0.0, 0.0, 0.5, 1.0, 1.0, 0.25]])


def test_a_missing_value_takes_the_median_of_the_observed() -> None:
    raw = np.tile(np.array([[0.0], [2.0], [10.0], [NAN], [NAN]]), 6)
    scaler = FeatureScaler().fit(raw)
    np.testing.assert_array_equal(scaler.medians_, 2.0)
    scaled = scaler.transform(raw)
    np.testing.assert_array_equal(scaled[3], scaled[1])


def test_columns_without_a_span_are_zero_for_everyone_and_stay_so() -> None:
    raw = np.tile(np.array([[NAN, 7.0, 1.0, 1.0, 1.0, 1.0]]), (4, 1))
    raw[:, 2] = [1, 2, 3, 4]
    scaler = FeatureScaler().fit(raw)
    later = scaler.transform(np.full((2, 6), 99.0))
    np.testing.assert_array_equal(later, [[0, 0, 1, 0, 0, 0]] * 2)
    np.testing.assert_array_equal(scaler.transform(raw)[:, [0, 1, 3, 4, 5]], 0.0)


def test_a_trait_of_fewer_than_one_in_two_hundred_falls_to_the_clipping() -> None:
    raw = np.zeros((1000, 6))
    raw[:3, 3] = 1.0
    raw[:20, 4] = 1.0
    scaled = FeatureScaler().fit(raw).transform(raw)
    assert scaled[:, 3].max() == 0.0
    assert scaled[:, 4].max() == 1.0


def test_a_table_is_read_by_column_name_not_by_position() -> None:
    raw = pd.DataFrame(np.random.default_rng(0).random((9, 6)), columns=list(KPI_COLUMNS))
    shuffled = raw[list(reversed(KPI_COLUMNS))]
    np.testing.assert_array_equal(
        FeatureScaler().fit(raw).transform(raw), FeatureScaler().fit(shuffled).transform(shuffled)
    )


def test_a_scaler_restored_from_its_arrays_scales_with_the_same_bits() -> None:
    raw = np.random.default_rng(1).normal(size=(500, 6))
    scaler = FeatureScaler().fit(raw)
    restored = FeatureScaler.from_arrays(scaler.to_arrays())
    np.testing.assert_array_equal(restored.transform(raw), scaler.transform(raw))


@pytest.mark.parametrize("name", ["clip_low_", "clip_high_", "medians_"])
@pytest.mark.parametrize(
    "damaged",
    [
        None,
        "x",
        ["1"] * 6,
        [True] * 6,
        [1j] * 6,
        [[1], [2, 3]],
        [10**400] * 6,
        [NAN] * 6,
        [np.inf] * 6,
        np.zeros(5),
        np.zeros((6, 1)),
        np.zeros(6, dtype="datetime64[s]"),
        object(),
    ],
)
def test_arrays_that_are_no_scaler_are_refused(name: str, damaged: object) -> None:
    arrays: dict[str, object] = dict(FeatureScaler().fit(np.eye(6)).to_arrays())
    with pytest.raises(FeatureError, match=name):
        FeatureScaler.from_arrays(arrays | {name: damaged})
    del arrays[name]
    with pytest.raises(FeatureError, match=name):
        FeatureScaler.from_arrays(arrays)


def test_bounds_that_are_the_wrong_way_round_are_refused() -> None:
    arrays = FeatureScaler().fit(np.eye(6)).to_arrays()
    swapped = {"clip_low_": arrays["clip_high_"], "clip_high_": arrays["clip_low_"]}
    with pytest.raises(FeatureError, match="clip_low_"):
        FeatureScaler.from_arrays(arrays | swapped)


@given(st.integers(0, 700), st.binary(min_size=1, max_size=4), st.booleans())
def test_a_scaler_read_from_damaged_bytes_is_refused_or_whole(
    place: int, inserted: bytes, cut: bool
) -> None:
    fitted = FeatureScaler().fit(np.eye(6)).to_arrays()
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **fitted)
    stored = buffer.getvalue()
    damaged = stored[:place] + inserted + (b"" if cut else stored[place + len(inserted) :])
    try:
        archive = np.load(io.BytesIO(damaged), allow_pickle=False)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile):
        return
    try:
        restored = FeatureScaler.from_arrays(archive)
    except FeatureError:
        return
    for name, values in restored.to_arrays().items():
        np.testing.assert_array_equal(values, fitted[name])


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (np.zeros((3, 5)), "6 columnas"),
        (np.full((2, 6), np.inf), "reciprocity_ratio"),
        (np.zeros((0, 6)), "No hay personas"),
        (pd.DataFrame({"reciprocity_ratio": [1.0]}), "days_since_last_seen"),
    ],
)
def test_what_is_no_matrix_of_kpis_is_refused(raw: object, message: str) -> None:
    with pytest.raises(FeatureError, match=message):
        FeatureScaler().fit(raw)


def test_scaling_before_fitting_is_refused() -> None:
    with pytest.raises(FeatureError, match="fit"):
        FeatureScaler().transform(np.zeros((1, 6)))


RAW = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 25), st.just(6)),
    elements=st.one_of(st.just(NAN), st.floats(-1e6, 1e6)),
)


@given(RAW, RAW)
def test_everyone_is_scaled_into_zero_to_one_and_order_is_kept(
    raw: np.ndarray, later: np.ndarray
) -> None:
    scaled = FeatureScaler().fit(raw).transform(later)
    assert scaled.shape == later.shape
    assert ((scaled >= 0) & (scaled <= 1)).all()
    for j in range(6):
        seen = ~np.isnan(later[:, j])
        order = np.argsort(later[seen, j], kind="stable")
        assert (np.diff(scaled[seen, j][order]) >= 0).all()


def test_evidence_counts_what_was_observed_and_tells_people_apart() -> None:
    raw = np.array([[1, 1, 1, 1, 1, 1], [NAN, 1, 1, NAN, NAN, NAN], [NAN] * 6])
    np.testing.assert_array_equal(evidence(raw), [6, 2, 0])
    flat = [False, True, False, False, True, False]
    np.testing.assert_array_equal(evidence(raw, flat), [4, 1, 0])


@pytest.mark.parametrize(
    ("row", "enough"),
    [
        ([1, 1, 1, NAN, NAN, NAN], True),
        ([NAN, 1, NAN, NAN, 1, 1], True),
        ([1, 1, NAN, 1, NAN, 1], False),
        ([NAN, 1, 1, NAN, NAN, NAN], False),
        ([NAN, NAN, 1, NAN, 1, NAN], False),
    ],
)
def test_three_kpis_suffice_with_words_or_hours_among_them(row: list[float], enough: bool) -> None:
    raw = np.array([row])
    assert is_sufficient(raw, evidence(raw)).tolist() == [enough]


def test_hours_that_tell_nobody_apart_do_not_make_evidence_sufficient() -> None:
    raw = np.array([[1, 1, 1, 1, NAN, NAN]])
    flat = np.array([False, False, True, False, False, False])
    assert is_sufficient(raw, evidence(raw)).tolist() == [True]
    assert is_sufficient(raw, evidence(raw, flat), flat).tolist() == [False]


def test_a_column_whose_median_is_the_worst_seen_has_no_contrast() -> None:
    raw = np.tile(np.arange(10.0)[:, None], 6)
    raw[:, 0] = 4.0
    raw[:, 1] = np.minimum(raw[:, 1], 4)
    raw[:, 2] = NAN
    raw[:, 3] = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]
    raw[:, 5] = np.maximum(raw[:, 5], 5)
    np.testing.assert_array_equal(
        FeatureScaler().fit(raw).no_contrast_, [True, True, True, True, False, True]
    )


HUNDREDTHS = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 40), st.just(6)),
    elements=st.one_of(st.just(NAN), st.integers(-3, 3).map(float), st.integers(0, 400)),
)


def columns(chosen_from: np.ndarray) -> np.ndarray:
    return FeatureScaler().fit(chosen_from).no_contrast_


@given(HUNDREDTHS)
def test_the_chosen_are_those_whose_evidence_suffices_in_columns_with_contrast(
    raw: np.ndarray,
) -> None:
    chosen, flat = fitting_population(raw)
    np.testing.assert_array_equal(chosen, is_sufficient(raw, evidence(raw, flat), flat))
    if chosen.any():
        assert (columns(raw[chosen]) <= flat).all()


def test_who_needs_a_column_that_lacks_contrast_among_the_chosen_drops_out() -> None:
    rng = np.random.default_rng(0)
    raw = rng.random((40, 6))
    raw[:, 3] = 1.0
    raw[:10, [0, 4, 5]] = NAN
    chosen, flat = fitting_population(raw)
    np.testing.assert_array_equal(flat, [False, False, False, True, False, False])
    np.testing.assert_array_equal(chosen, [False] * 10 + [True] * 30)


def test_two_in_five_at_the_worst_end_still_tell_people_apart() -> None:
    rng = np.random.default_rng(1)
    raw = rng.random((200, 6))
    raw[:, 3] = np.arange(200) < 90
    raw[:, 5] = np.where(np.arange(200) < 90, 0, 3)
    assert not FeatureScaler().fit(raw).no_contrast_.any()
    raw[:, 3] = np.arange(200) < 110
    assert FeatureScaler().fit(raw).no_contrast_.tolist() == [False] * 3 + [True] + [False] * 2


def test_a_column_that_stopped_counting_stays_out() -> None:
    """Without those who drop out with it, the column would have contrast again, and so on."""
    rng = np.random.default_rng(0)
    raw = rng.random((100, 6))
    raw[:, 3] = np.arange(100) < 55
    raw[:20, [0, 4, 5]] = NAN
    chosen, flat = fitting_population(raw)
    assert flat.tolist() == [False, False, False, True, False, False]
    assert chosen.sum() == 80
    assert not columns(raw[chosen])[3]


def test_of_people_who_show_too_little_nobody_is_chosen() -> None:
    raw = np.full((5, 6), NAN)
    raw[:, 1] = 3.0
    chosen, _ = fitting_population(raw)
    assert not chosen.any()
    assert fitting_population(np.zeros((0, 6)))[0].shape == (0,)


def test_the_public_surface_is_what_is_declared() -> None:
    assert features.__all__ == sorted(features.__all__)
    assert all(hasattr(features, name) for name in features.__all__)
