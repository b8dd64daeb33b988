"""The map's axes in words, and the rectangles that readers draw."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd

from aura_engine.domain import KPI_COLUMNS
from aura_engine.pipeline.axes import Axis
from aura_engine.store.access import LOCAL
from aura_engine.store.reads import Box, DataVersion, Scatter
from aura_ui.figures import boxes
from aura_ui.map_view import Kept, People, axes_in_words


def axis(**loadings: float) -> Axis:
    return Axis(dict.fromkeys(KPI_COLUMNS, 0.0) | loadings)


def test_an_axis_is_said_by_what_weighs_most_in_it() -> None:
    right = axis(
        ratio_night_messages=0.7,
        sentiment_negativity_index=0.5,
        num_community_categories=-0.4,
        reciprocity_ratio=0.3,
        days_since_last_seen=0.1,
    )
    up = axis(is_profile_incomplete=-0.9, num_community_categories=0.2)
    assert axes_in_words((right, up)) == [
        (
            "A la derecha: más mensajes de madrugada, más negatividad y menos comunidades."
            " A la izquierda, al revés."
        ),
        "Arriba: perfil completo. Abajo, al revés.",
    ]


def test_an_axis_on_which_all_are_alike_is_not_said() -> None:
    assert axes_in_words((axis(), axis())) == []


def test_a_rectangle_is_read_in_whichever_direction_it_was_drawn() -> None:
    drawn = {
        "selection": {
            "points": [{"x": 9}],
            "box": [{"xref": "x", "yref": "y", "x": [1.5, -1], "y": [0, 2]}],
            "lasso": [],
        }
    }
    assert boxes(drawn) == [Box(left=-1.0, right=1.5, bottom=0.0, top=2.0)]
    assert boxes({"selection": {"points": [], "box": [], "lasso": []}}) == []


def test_a_map_places_people_as_until_a_whole_run_places_them_anew() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    seen = DataVersion(7, at, 31, at, at, None, {}, at, at)
    kept = Kept(LOCAL, seen, at, People(Scatter(pd.DataFrame(), 0), None), ())
    assert kept.is_placed_as(replace(seen, number=8))
    assert not kept.is_placed_as(replace(seen, number=8, run_id=32))
