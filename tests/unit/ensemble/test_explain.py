from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from aura_engine.domain import RiskLevel
from aura_engine.ensemble import MatrixError, Reason, RiskEnsemble, explain, why_changed

Draw = Callable[[int, int], NDArray[np.float64]]
ORDER = {level.value: rank for rank, level in enumerate(reversed(list(RiskLevel)))}
LOW, MODERATE, HIGH = (level.value for level in reversed(list(RiskLevel)))


@pytest.mark.parametrize("one_sided", [True, False])
def test_an_explanation_equals_judging_each_counterfactual_by_itself(
    scaled: Draw, one_sided: bool
) -> None:
    X = scaled(500, 0)
    model = RiskEnsemble(one_sided=one_sided).fit(X)
    told = model.assess(X)
    rows = [*np.argsort(-told.severity)[:6], 4, 17]
    why = explain(model, X, rows)
    np.testing.assert_array_equal(why.rows, rows)
    np.testing.assert_array_equal(why.votes, told.votes[rows])
    np.testing.assert_array_equal(why.level, told.level[rows])
    for (i, row), j in itertools.product(enumerate(rows), range(6)):
        person = X[row : row + 1].copy()
        person[0, j] = np.median(X[:, j])
        alone = model.assess(person)
        assert why.asi_drop[i, j] == told.severity[row] - alone.severity[0]
        assert why.level_without[i, j] == alone.level[0]
        assert why.level_drops[i, j] == (ORDER[alone.level[0]] < ORDER[told.level[row]])
    assert why.level_drops.any()


def test_a_kpi_at_the_median_explains_nothing(scaled: Draw) -> None:
    X = scaled(300, 1)
    model = RiskEnsemble().fit(X)
    X[:, 1] = model.medians_[1]
    why = model.explain(X)
    np.testing.assert_array_equal(why.asi_drop[:, 1], 0.0)
    assert not why.level_drops[:, 1].any()


def test_a_subset_may_be_positions_a_mask_or_nobody(scaled: Draw) -> None:
    X = scaled(100, 2)
    model = RiskEnsemble().fit(X)
    mask = np.zeros(100, dtype=bool)
    mask[[3, 8]] = True
    np.testing.assert_array_equal(
        explain(model, X, mask).asi_drop, explain(model, X, [3, 8]).asi_drop
    )
    assert explain(model, X, []).asi_drop.shape == (0, 6)
    assert explain(model, X).asi_drop.shape == (100, 6)


@pytest.mark.parametrize("subset", [[100], [-1], [0.5], [[1]], [True, False]])
def test_a_subset_that_does_not_fit_is_refused(scaled: Draw, subset: list[object]) -> None:
    X = scaled(100, 2)
    with pytest.raises(MatrixError, match="selección"):
        explain(RiskEnsemble().fit(X), X, subset)


def test_why_changed_over_every_combination_of_levels() -> None:
    paths = list(itertools.product((LOW, MODERATE, HIGH), repeat=3))
    old, between, new = (list(levels) for levels in zip(*paths, strict=True))
    reasons = why_changed(old, between, new)
    for path, reason in zip(paths, reasons, strict=True):
        first, middle, last = path
        if first == last:
            assert reason is None, path
        elif middle == last:
            assert reason is Reason.BEHAVIOUR, path
        elif middle == first:
            assert reason is Reason.MODEL, path
        else:
            assert reason is Reason.BOTH, path
    assert [sum(r is kind for r in reasons) for kind in (None, *Reason)] == [9, 6, 6, 6]


def test_within_one_version_every_change_is_behaviour() -> None:
    reasons = why_changed([LOW, HIGH, LOW], [HIGH, LOW, LOW], [HIGH, LOW, LOW])
    assert list(reasons) == [Reason.BEHAVIOUR, Reason.BEHAVIOUR, None]


def test_why_changed_takes_levels_as_they_are_named_in_code() -> None:
    assert list(why_changed([RiskLevel.BAJO], [RiskLevel.BAJO], [RiskLevel.ALTO])) == ["model"]
    assert len(why_changed([], [], [])) == 0


@pytest.mark.parametrize(
    ("old", "between", "new"), [(["ALTO"], [LOW], [LOW]), ([LOW, LOW], [LOW], [LOW])]
)
def test_what_is_no_level_is_refused(old: list[str], between: list[str], new: list[str]) -> None:
    with pytest.raises(MatrixError, match="ALTO_RIESGO"):
        why_changed(old, between, new)
