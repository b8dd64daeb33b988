"""Distinct points and who stands on them; neighbours are counted by the predicate alone."""

from __future__ import annotations

import numpy as np
import pytest

from aura_engine.ensemble.neighbours import WeightedPoints
from tests.unit.ensemble import brute_force


def test_equal_rows_stand_on_one_point_in_lexicographic_order() -> None:
    rows = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 0.0], [0.0, -0.0], [0.0, 1.0], [0.0, 0.0]])
    crowd, place = WeightedPoints.of(rows)
    np.testing.assert_array_equal(crowd.points, [[0, 0], [0, 1], [0, 2], [1, 0]])
    np.testing.assert_array_equal(crowd.people, [2, 1, 1, 2])
    np.testing.assert_array_equal(crowd.points[place], rows)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("width", [6, 9, 17])
def test_a_tree_that_sums_in_another_order_decides_nothing(seed: int, width: int) -> None:
    directions = np.random.default_rng(seed).normal(size=(600, width))
    sphere = 0.3 * directions / np.linalg.norm(directions, axis=1)[:, None]
    crowd, _ = WeightedPoints.of(sphere)
    centre = np.zeros((1, width))
    inside = int((brute_force.squared(centre, sphere) <= 0.3 * 0.3).sum())
    assert 50 < inside < 550
    for enough in (1, inside // 2, inside - 1, inside, inside + 1, 600):
        assert crowd.reach(centre, 0.3, enough)[0] == (inside >= enough), enough


@pytest.mark.parametrize("eps", [1e155, 1e200, 1.7e308])
def test_within_a_radius_whose_square_is_infinite_everyone_is_near(eps: float) -> None:
    crowd, _ = WeightedPoints.of(np.array([[0.0, 0.0], [1e200, 0.0], [3e200, 1e160]]))
    far = np.array([[-1e300, 1e300], [0.0, 1.0]])
    np.testing.assert_array_equal(crowd.reach(far, eps, 3), [True, True])
    np.testing.assert_array_equal(crowd.reach(far, eps, 4), [False, False])


def test_nobody_is_near_nobody() -> None:
    nobody = WeightedPoints(np.empty((0, 6)), np.empty(0, dtype=np.int64))
    np.testing.assert_array_equal(nobody.reach(np.zeros((2, 6)), 0.5, 1), [False, False])
    crowd, _ = WeightedPoints.of(np.zeros((3, 6)))
    assert crowd.reach(np.empty((0, 6)), 0.5, 1).shape == (0,)
