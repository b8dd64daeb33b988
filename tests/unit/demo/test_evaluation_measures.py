"""Figures of an evaluation, on cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from aura_engine.demo.evaluation.burden import burden
from aura_engine.demo.evaluation.measures import measure, recall_in_top
from aura_engine.demo.evaluation.rankers import Ranking, plain

NAN = np.nan


def truth(at_risk: list[int], hyper_social: tuple[int, ...] = ()) -> pd.DataFrame:
    personas = ["hyper_social" if i in hyper_social else "ordinary" for i in range(len(at_risk))]
    return pd.DataFrame({"persona": personas, "at_risk": np.array(at_risk, dtype=bool)})


def test_measures_are_those_counted_by_hand() -> None:
    severity = np.array([90.0, 80, 70, 60, 50, 40, 30, 20, 10, 0])
    flagged = np.arange(10) < 3
    told = measure(Ranking(severity, flagged), truth([1, 0, 1, 0, 0, 1, 0, 0, 0, 0], (1, 9)))
    assert told.recall_top10 == pytest.approx(1 / 3)
    assert told.recall == pytest.approx(2 / 3)
    assert told.precision == pytest.approx(2 / 3)
    assert told.f1 == pytest.approx(2 / 3)
    assert told.flagged == pytest.approx(0.3)
    assert told.average_precision == pytest.approx((1 / 1 + 2 / 3 + 3 / 6) / 3)
    assert told.healthy_outliers_flagged == pytest.approx(1 / 2)


def test_a_mere_ranker_flags_nobody_and_that_is_not_zero() -> None:
    told = measure(Ranking(np.array([2.0, 1.0])), truth([1, 0]))
    assert told.average_precision == 1.0
    assert np.isnan([told.recall, told.precision, told.f1, told.flagged]).all()


def test_who_flags_nobody_has_no_precision_to_be_proud_of() -> None:
    told = measure(Ranking(np.array([2.0, 1.0]), np.zeros(2, dtype=bool)), truth([1, 0]))
    assert (told.recall, told.precision, told.f1) == (0.0, 0.0, 0.0)


def test_equal_severities_keep_the_order_of_the_people() -> None:
    assert recall_in_top(np.zeros(10), np.arange(10) == 0, 0.1) == 1.0
    assert recall_in_top(np.zeros(10), np.arange(10) == 9, 0.1) == 0.0


def nights(*people: str) -> np.ndarray:
    """A row a night from a string a person: ``x`` is on the list."""
    return np.array([[sign == "x" for sign in person] for person in people]).T


NEVER = np.full(1, NAN)
WELL = np.zeros(1, dtype=bool)


def test_a_return_within_two_weeks_is_no_new_case() -> None:
    soon = burden(nights("..x" + "." * 14 + "x" + "."), NEVER, WELL)
    late = burden(nights("..x" + "." * 15 + "x"), NEVER, WELL)
    assert soon.new_cases_per_1000_day == pytest.approx(1000 * 1 / 18)
    assert late.new_cases_per_1000_day == pytest.approx(1000 * 2 / 18)


def test_churn_is_the_share_of_the_list_that_comes_and_goes() -> None:
    lists = nights("xx", "xx", "x.", ".x")
    assert burden(lists, np.full(4, NAN), np.zeros(4, bool)).churn == pytest.approx(1 / 3)


def test_a_flip_is_undone_by_the_next_within_a_week() -> None:
    assert burden(nights(".x......." + "." * 9), NEVER, WELL).flips_undone == pytest.approx(1 / 2)
    assert burden(nights(".xxxxxxx." + "." * 9), NEVER, WELL).flips_undone == pytest.approx(1 / 2)
    assert burden(nights(".xxxxxxxx" + "." * 9), NEVER, WELL).flips_undone == 0.0


def test_lead_is_counted_from_the_onset_among_those_who_reach_the_list() -> None:
    lists = nights("....xxx", "......x", "x......", ".......")
    told = burden(lists, np.array([1.0, 2.0, 3.0, NAN]), np.array([1, 1, 1, 0], dtype=bool))
    assert told.lead_days_median == 3.5
    assert told.found == pytest.approx(2 / 3)
    assert told.listed == pytest.approx(5 / 28)


def test_delay_costs_little_early_half_after_two_weeks_and_all_if_never() -> None:
    def cost(listed: str) -> float:
        return burden(nights(listed), np.array([1.0]), np.ones(1, dtype=bool)).delay_cost

    assert cost(".x" + "x" * 30) < 1e-5
    assert cost("." * 15 + "x" * 17) == pytest.approx(0.5)
    assert cost("." * 32) == pytest.approx(1.0)


def test_a_wrong_place_on_the_list_costs_the_share_of_those_at_risk() -> None:
    lists = nights("xx", "..", "xx", "..")
    told = burden(lists, np.full(4, NAN), np.array([1, 0, 0, 1], dtype=bool))
    assert told.delay_cost == pytest.approx((0 + 0 + 0.5 + 1) / 4)


def test_plain_votes_take_missing_values_as_the_median(raw: pd.DataFrame) -> None:
    holed = raw.copy()
    holed.iloc[:20, 2] = NAN
    filled = holed.fillna(holed.median())
    np.testing.assert_array_equal(plain(holed).severity, plain(filled).severity)
    told = plain(holed)
    assert told.flagged is not None
    assert 0 < told.flagged.sum() < len(raw)


@pytest.fixture
def raw() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    from aura_engine.domain import KPI_COLUMNS

    values = rng.gamma(1.0, 1.0, (300, 6))
    values[:5] += 8
    return pd.DataFrame(values, columns=list(KPI_COLUMNS))
