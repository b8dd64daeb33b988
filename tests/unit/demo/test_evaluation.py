"""A small evaluation from end to end: deterministic, and blind to the truth."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from aura_engine.demo.evaluation import evaluate as evaluation
from aura_engine.demo.evaluation import planted
from aura_engine.demo.evaluation.burden import headline as nightly
from aura_engine.demo.evaluation.nights import Relived, relive
from aura_engine.demo.evaluation.planted import PlantedPopulation
from aura_engine.demo.texts import TextPool
from aura_engine.nlp import TextScorer
from tests.remembering import remembering_model

ZONE = ZoneInfo("America/Mexico_City")


DISTINCT_TEXTS_OF = 200
"""People: more would write more distinct texts, which take the language model a minute."""


@pytest.fixture(scope="module", autouse=True)
def few_texts() -> Iterator[None]:
    """Let everyone draw from the texts of a small demo."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planted, "TextPool", lambda seed, _users: TextPool(seed, DISTINCT_TEXTS_OF))
        yield


def silent(_done: int, _total: int) -> None:
    """Watch nothing."""


@pytest.fixture(scope="module")
def scorer() -> TextScorer:
    return remembering_model()


@pytest.fixture(scope="module")
def measured(scorer: TextScorer) -> tuple[pd.DataFrame, pd.DataFrame]:
    return evaluation.evaluate([3], 800, scorer, zone=ZONE, window_days=90, on_seed=silent)


def test_every_system_is_measured_and_ours_beats_plain_votes(
    measured: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    measures, stability = measured
    told = measures.loc[3]
    assert set(told.index) == {"ours", "work_list", "plain", "ECOD", "IForest"}
    assert told.loc["ours", "average_precision"] > 1.15 * told.loc["plain", "average_precision"]
    assert told.loc["ours", "recall"] > 1.3 * told.loc["plain", "recall"]
    assert told.loc["work_list", "precision"] > told.loc["ours", "precision"]
    assert told.loc["ours", "healthy_outliers_flagged"] == 0
    assert 0.5 < stability.loc[3, "overlap"] <= 1
    assert stability.loc[3, "rank_correlation"] > 0.9


def test_the_line_for_scripts_has_the_promised_keys(
    measured: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    line = evaluation.headline(measured[0])
    assert list(line) == [
        "recall_top10", "recall_top10_plain", "recall_alto", "recall_alto_plain", "f1_alto",
        "f1_alto_plain", "average_precision", "average_precision_plain",
        "average_precision_best_peer", "healthy_outliers_flagged",
    ]  # fmt: skip
    assert all(np.isfinite(value) for value in line.values())


@pytest.fixture(scope="module")
def lived(scorer: TextScorer) -> Relived:
    return relive(3, 500, scorer, days=20, zone=ZONE, window_days=90, on_night=silent)


def test_nights_are_relived_with_less_to_and_fro_than_the_bare_levels(lived: Relived) -> None:
    assert lived.listed.shape == lived.bare.shape == (21, 500)
    changes = [np.count_nonzero(lists[1:] != lists[:-1]) for lists in (lived.listed, lived.bare)]
    assert changes[0] < changes[1]
    np.testing.assert_array_equal(lived.listed[0], lived.bare[0])  # a first run does not wait
    line = nightly(lived)
    assert list(line) == [
        "new_cases_per_1000_day", "churn", "flips_undone", "lead_days_median", "jitter_renewal",
    ]  # fmt: skip
    assert 0 <= line["jitter_renewal"] < 0.06  # one or two of some forty people


def test_a_population_is_the_same_whether_it_is_asked_once_or_night_by_night(
    scorer: TextScorer,
) -> None:
    once, often = (PlantedPopulation(3, 300, scorer, zone=ZONE, window_days=90) for _ in range(2))
    for day in (60, 61, 75):
        found = often.extraction(often.night(day)).activity
    pd.testing.assert_frame_equal(once.extraction(once.night(75)).activity, found)
