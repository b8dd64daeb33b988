"""A map of many people: cells beneath, points on top, small enough for any line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from aura_engine.charts.map_figures import dense_figure
from aura_engine.charts.theme import Look
from aura_engine.domain import RiskLevel
from aura_engine.store.reads import Density, Scatter

LOOK = Look(dark=False)


def points(n: int) -> Scatter:
    drawn = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "pca_x": drawn.normal(size=n),
            "pca_y": drawn.normal(size=n),
            "cluster_label": [level.value for level in RiskLevel][:1] * n,
            "severity_index": drawn.uniform(0, 100, n),
            "kmeans_cluster": drawn.integers(0, 4, n),
            "pseudonym": "K7-FQ2M",
        }
    )
    return Scatter(frame, 1_000_000)


def test_cells_lie_beneath_the_points_and_say_how_many_people_they_hold() -> None:
    people = np.zeros((80, 120), dtype=np.float32)
    people[0, 0], people[79, 119] = 1, 1_000
    figure = dense_figure(Density(people, (0.0, 12.0), (-4.0, 4.0)), points(5), LOOK)
    cells = figure.data[0]
    assert cells.type == "heatmap"
    assert (cells.x0, cells.dx, cells.y0, cells.dy) == (0.05, 0.1, -3.95, 0.1)
    assert cells.z[0, 0] == 0
    assert cells.z[79, 119] == pytest.approx(3)
    assert np.isnan(cells.z[1, 1])
    assert cells.customdata[79, 119] == 1_000
    assert figure.layout.dragmode == "select"


def test_people_in_one_place_are_drawn_there() -> None:
    people = np.zeros((80, 120), dtype=np.float32)
    people[40, 60] = 6
    cells = dense_figure(Density(people, (0.5, 0.5), (0.5, 0.5)), points(5), LOOK).data[0]
    assert (cells.x0 + 60 * cells.dx, cells.y0 + 40 * cells.dy) == (0.5, 0.5)


def test_a_million_people_are_half_a_megabyte_at_most() -> None:
    drawn = np.random.default_rng(5)
    people = drawn.poisson(104, size=(80, 120)).astype(np.float32)
    figure = dense_figure(Density(people, (-1.0, 1.0), (-1.0, 1.0)), points(2_000), LOOK)
    assert len(figure.to_json()) <= 500_000
