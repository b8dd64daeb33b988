"""Whoever shares a cell of the grid are neighbours; where that cannot be told there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from aura_engine.ensemble.grid import Grid
from tests.unit.ensemble import brute_force


def assert_cells_are_neighbourhoods(points: NDArray[np.float64], grid: Grid, eps: float) -> None:
    keys = grid.keys(points)
    together = (keys[:, None] == keys[None, :]) & (keys >= 0)
    assert together.trace() == (keys >= 0).sum()
    assert (brute_force.squared(points, points)[together] <= eps * eps).all()


@settings(deadline=None)
@given(
    st.integers(1, 6).flatmap(
        lambda width: hnp.arrays(
            np.float64, st.tuples(st.integers(1, 40), st.just(width)), elements=st.floats(-1, 1)
        )
    ),
    st.floats(1e-3, 10) | st.sampled_from([1e-150, 1e-9, 1e300]),
)
def test_points_of_one_cell_are_neighbours(points: NDArray[np.float64], eps: float) -> None:
    grid = Grid.over(points, eps)
    if grid is not None:
        assert (grid.keys(points) >= 0).all()
        assert_cells_are_neighbourhoods(points, grid, eps)


@pytest.mark.parametrize("width", [1, 6])
@pytest.mark.parametrize("cell", [0, 1, 1000, 2**20 - 3])
def test_opposite_corners_of_a_cell_are_neighbours(width: int, cell: int) -> None:
    random = np.random.default_rng([width, cell])
    for _ in range(30):
        eps, origin = random.uniform(0.1, 1.0), random.choice([0.0, random.uniform(-1, 1)])
        across = np.full((2, width), origin)
        across[1, 0] += (2**20 - 2) * eps / np.sqrt(width)
        grid = Grid.over(across, eps)
        assert grid is not None
        low, high = origin + np.array([cell, cell + 1]) * grid.side
        beside = np.arange(-8, 9)
        nearly = np.concatenate([low + np.spacing(low) * beside, high + np.spacing(high) * beside])
        points = np.tile(across[:1], (len(nearly), 1))
        points[:, 0] = nearly
        points[len(beside) :, 1:] += np.nextafter(grid.side, 0)
        assert_cells_are_neighbourhoods(points, grid, eps)


@pytest.mark.parametrize("width", range(1, 7))
def test_the_far_corners_of_a_cell_are_as_far_apart_as_neighbours_may_be(width: int) -> None:
    for eps in np.random.default_rng(width).uniform(0.1, 1.0, 300):
        grid = Grid.over(np.array([[0.0] * width, [1.0] * width]), eps)
        assert grid is not None
        corners = np.array([[0.0] * width, [np.nextafter(grid.side, 0)] * width])
        assert len(set(grid.keys(corners))) == 1
        assert_cells_are_neighbourhoods(corners, grid, eps)
        assert brute_force.squared(corners, corners).max() > (eps * (1 - 1e-8)) ** 2


def test_keys_tell_every_cell_apart_and_know_who_stands_outside() -> None:
    points = np.stack(np.meshgrid(*[np.arange(5.0)] * 4), axis=-1).reshape(-1, 4)
    grid = Grid.over(points, 1.0)
    assert grid is not None
    assert len(set(grid.keys(points))) == len(points)
    outside = np.full((8, 4), 2.0)
    outside[np.arange(8), np.arange(8) % 4] = [-0.6, -1e300, 9.0, 1e308, -0.6, 5.0, 6.0, 1e18]
    assert (grid.keys(outside) == -1).all()


@pytest.mark.parametrize(
    ("width", "reach", "eps"),
    [
        (1, 1.0, 1e-7),
        (6, 1.0, 1e-3),
        (6, 1.0, 1e-300),
        (6, 1.0, 5e-324),
        (6, 1e-200, 1e-151),
        (6, 1e300, 1.0),
        (6, 1.7e308, 1.0),
        (6, 1.0, np.inf),
    ],
)
def test_there_is_no_grid_where_its_cells_could_not_be_trusted(
    width: int, reach: float, eps: float
) -> None:
    assert Grid.over(np.array([[-reach] * width, [reach] * width]), eps) is None
