"""The density vote is DBSCAN's by its definition, whatever the points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN

from aura_engine.ensemble import RiskEnsemble, neighbours
from aura_engine.ensemble.density import DensityVote, core_mask, k_distances, knee_eps
from tests.unit.ensemble import brute_force

Draw = Callable[[int, int], NDArray[np.float64]]


def assert_exact(
    Z: NDArray[np.float64], eps: float, min_samples: int, new: NDArray[np.float64]
) -> None:
    vote = DensityVote.fit(Z, eps=eps, min_samples=min_samples, random_state=0)
    np.testing.assert_array_equal(
        core_mask(Z, eps, min_samples), brute_force.core(Z, eps, min_samples)
    )
    for people in (Z, new):
        expected = brute_force.noise(people, Z, eps, min_samples)
        np.testing.assert_array_equal(vote.votes(people), expected)


def in_columns(values: st.SearchStrategy[float]) -> st.SearchStrategy[NDArray[np.float64]]:
    """Points of which only one to six columns vary."""

    def widened(narrow: NDArray[np.float64]) -> NDArray[np.float64]:
        Z = np.full((len(narrow), 6), 0.25)
        Z[:, : narrow.shape[1]] = narrow
        return Z

    shapes = st.tuples(st.integers(1, 50), st.integers(1, 6))
    return shapes.flatmap(lambda shape: hnp.arrays(np.float64, shape, elements=values)).map(widened)


TENTHS = st.integers(0, 5).map(lambda tenths: tenths / 10)
ONE_SIDED = st.just(0.0) | st.floats(0, 1)
MIN_SAMPLES = st.integers(1, 14)


@settings(deadline=None)
@given(
    in_columns(TENTHS),
    in_columns(TENTHS),
    st.sampled_from([0.1, 0.2, 0.3, 0.5, float(np.sqrt(0.02)), float(np.sqrt(0.05))]),
    MIN_SAMPLES,
)
def test_it_is_exact_among_duplicates_and_on_a_lattice(
    Z: NDArray[np.float64], new: NDArray[np.float64], eps: float, min_samples: int
) -> None:
    assert_exact(Z, eps, min_samples, new)


@settings(deadline=None)
@given(in_columns(ONE_SIDED), in_columns(ONE_SIDED), st.data())
def test_it_is_exact_at_the_distance_of_a_pair_and_beside_it(
    Z: NDArray[np.float64], new: NDArray[np.float64], data: st.DataObject
) -> None:
    people = st.integers(0, len(Z) - 1)
    one, other = data.draw(people), data.draw(people)
    distance = float(np.sqrt(brute_force.squared(Z[one : one + 1], Z[other : other + 1])[0, 0]))
    towards = data.draw(st.sampled_from([0.0, distance, np.inf]))
    eps = float(np.nextafter(distance, towards))
    if eps > 0:
        assert_exact(Z, eps, data.draw(MIN_SAMPLES), new)


@settings(deadline=None)
@given(
    in_columns(st.integers(-3, 3).map(float)),
    in_columns(st.integers(-3, 3).map(float)),
    st.sampled_from([1e-320, 1e-200, 1e-162, 1e-154, 1e-150, 1e-20, 1.0, 1e20, 1e150, 1e200]),
    st.sampled_from([5e-324, 1e-300, 1e-162, 1e-150, 1e-12, 1.5, 1e155, 1e200, 1.7e308]),
    MIN_SAMPLES,
)
def test_it_is_exact_where_cells_and_squares_leave_the_range_of_numbers(
    Z: NDArray[np.float64], new: NDArray[np.float64], unit: float, eps: float, min_samples: int
) -> None:
    assert_exact(Z * unit, eps, min_samples, new * unit)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("min_samples", [1, 3, 40, 200])
def test_it_is_exact_where_all_neighbours_stand_at_the_boundary(
    seed: int, min_samples: int
) -> None:
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(400, 6))
    sphere = 0.3 * directions / np.linalg.norm(directions, axis=1)[:, None]
    Z = np.concatenate([np.zeros((2, 6)), sphere])
    inside = (brute_force.squared(Z[:1], sphere) <= 0.3 * 0.3).sum()
    assert 50 < inside < 350
    for enough in {min_samples, inside + 1, inside + 2, inside + 3}:
        assert_exact(Z, 0.3, int(enough), sphere + 1e-17)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("one_sided", [True, False])
def test_it_is_exact_where_cells_are_dense_and_where_they_are_not(
    scaled: Draw, seed: int, one_sided: bool
) -> None:
    weights = (1, 1, 1, 0.5, 1, 1)
    model = RiskEnsemble(one_sided=one_sided, weights=weights).fit(scaled(1500, seed))
    Z, new = (model.detector_input(scaled(1500, drawn)) for drawn in (seed, seed + 100))
    for eps in (0.08, 0.2, 0.4):
        assert_exact(Z, eps, 12, new)


def test_many_people_are_asked_in_blocks(scaled: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_BLOCK", 50)
    assert_exact(scaled(500, 0), 0.25, 12, scaled(300, 1))
    curve = k_distances(scaled(500, 0), 12, 0)
    monkeypatch.undo()
    np.testing.assert_array_equal(k_distances(scaled(500, 0), 12, 0), curve)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("width", [1, 2, 4, 6])
def test_it_equals_scikit_learns_on_continuous_data(seed: int, width: int) -> None:
    rng = np.random.default_rng([seed, width])
    Z = np.zeros((800, 6))
    Z[:, :width] = rng.beta(2, 4, (800, width))
    squared = brute_force.squared(Z, Z)
    compared = 0
    for eps in rng.uniform(0.002, 0.3, 6):
        # scikit-learn admits whole nodes of its tree by a rounded root.
        if not ((squared > eps * eps) & (np.sqrt(squared) <= eps)).any():
            found = DBSCAN(eps=eps, min_samples=12, algorithm="kd_tree").fit(Z)
            core = np.zeros(len(Z), dtype=bool)
            core[found.core_sample_indices_] = True
            vote = DensityVote.fit(Z, eps=float(eps), min_samples=12, random_state=0)
            np.testing.assert_array_equal(core_mask(Z, float(eps), 12), core)
            np.testing.assert_array_equal(vote.votes(Z), found.labels_ == -1)
            compared += 1
    assert compared >= 5


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


@pytest.mark.parametrize(("n", "noise"), [(1, True), (11, True), (12, False), (500, False)])
def test_people_who_are_all_alike_are_core_from_min_samples_on(n: int, noise: bool) -> None:
    Z = np.full((n, 6), 0.3)
    vote = DensityVote.fit(Z, eps=0.1, min_samples=12, random_state=0)
    assert (vote.votes(Z) == noise).all()
    assert len(vote.core_points) == (0 if noise else 1)


def test_duplicate_core_points_are_kept_once(scaled: Draw) -> None:
    Z = np.repeat(scaled(300, 0), 3, axis=0)
    vote = DensityVote.fit(Z, eps=0.3, min_samples=12, random_state=0)
    kept = {tuple(point) for point in vote.core_points.tolist()}
    assert len(kept) == len(vote.core_points)
    assert kept == {tuple(row) for row in Z[brute_force.core(Z, 0.3, 12)].tolist()}


# The radius ---------------------------------------------------------------------------------


def test_the_knee_is_farthest_below_the_chord_and_the_radius_a_fifth_more() -> None:
    curve = np.array([0.10, 0.11, 0.12, 0.13, 0.60, 1.10])
    assert knee_eps(curve) == pytest.approx(1.2 * 0.13)


def test_a_knee_at_zero_takes_the_smallest_positive_k_distance() -> None:
    assert knee_eps(np.array([0.0, 0.0, 0.0, 0.4, 0.9])) == np.nextafter(0.4, 1)


@pytest.mark.parametrize("curve", [np.zeros(5), np.empty(0)], ids=["all zero", "nobody"])
def test_no_positive_k_distance_gives_no_radius(curve: NDArray[np.float64]) -> None:
    assert knee_eps(curve) is None


@settings(deadline=None)
@given(in_columns(TENTHS) | in_columns(ONE_SIDED), MIN_SAMPLES)
def test_a_k_distance_counts_everyone_who_stands_on_a_point(
    Z: NDArray[np.float64], min_samples: int
) -> None:
    curve = k_distances(Z, min_samples, 0)
    if len(Z) < min_samples:
        assert curve.size == 0
    else:
        ranked = np.sort(brute_force.squared(Z, Z), axis=1)
        expected = np.sort(np.sqrt(ranked[:, min_samples - 1]))
        np.testing.assert_allclose(curve, expected, rtol=1e-15, atol=0)


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
