from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_engine.features import FeatureError, Prior, fit_mean_prior, fit_rate_prior, shrink


def test_a_prior_is_worth_its_strength_in_observations() -> None:
    shrunk = shrink([1, 0, 6, 3], [1, 4, 12, 0], Prior(mean=0.25, strength=4))
    np.testing.assert_allclose(shrunk[:3], [2 / 5, 1 / 8, 7 / 16])
    assert math.isnan(shrunk[3])


def test_an_unknown_count_gives_an_unknown_rate() -> None:
    assert np.isnan(shrink([np.nan, 2.0], [np.nan, np.nan], Prior(0.5, 2))).all()


def test_one_night_message_of_one_is_not_a_night_life() -> None:
    assert shrink([1], [1], Prior(0.1, 9))[0] == pytest.approx(0.19)


def test_the_rate_prior_of_three_people_is_the_one_computed_by_hand() -> None:
    # 0 of 4, 1 of 6, 6 of 10: N = 20, p = 7/20, p(1-p) = 91/400,
    # sum n_i (p_i - p)^2 = .49 + .201667 + .625 = 79/60,
    # gamma = (79/60 / (91/400) - 2) / (20 - 152/20 - 2) = 2585/7098.
    prior = fit_rate_prior([0, 1, 6], [4, 6, 10])
    assert prior.mean == pytest.approx(7 / 20)
    assert prior.strength == pytest.approx(4513 / 2585)


def test_people_without_a_trial_do_not_move_the_rate_prior() -> None:
    assert fit_rate_prior([0, 1, 6, 0], [4, 6, 10, 0]) == fit_rate_prior([0, 1, 6], [4, 6, 10])


def test_the_rate_prior_recovers_the_beta_it_was_drawn_from() -> None:
    rng = np.random.default_rng(5)
    trials = rng.integers(1, 60, 20_000)
    prior = fit_rate_prior(rng.binomial(trials, rng.beta(2, 18, 20_000)), trials)
    assert prior.mean == pytest.approx(0.1, abs=0.003)
    assert prior.strength == pytest.approx(20, rel=0.1)


@pytest.mark.parametrize(
    ("successes", "trials", "expected"),
    [
        ([], [], Prior(0.0, 0.0)),
        ([0, 0], [0, 0], Prior(0.0, 0.0)),
        ([3], [10], Prior(0.3, 10.0)),
        ([1, 0, 0, 1], [1, 1, 1, 1], Prior(0.5, 4.0)),
        ([0, 0], [5, 7], Prior(0.0, 12.0)),
        ([5, 7], [5, 7], Prior(1.0, 12.0)),
        ([2, 3], [4, 6], Prior(0.5, 10.0)),
        ([0, 9], [9, 9], Prior(0.5, 0.0)),
    ],
    ids=[
        "nobody", "no trials", "one person", "one trial each", "never", "always", "all alike",
        "opposites",
    ],
)  # fmt: skip
def test_the_rate_prior_has_an_answer_where_moments_have_none(
    successes: list[int], trials: list[int], expected: Prior
) -> None:
    prior = fit_rate_prior(successes, trials)
    assert (prior.mean, prior.strength) == pytest.approx((expected.mean, expected.strength))


def test_the_mean_prior_of_three_people_is_the_one_computed_by_hand() -> None:
    # Values (1, 3), (5, 7), (6, 6, 9): within = (2 + 2 + 6) / (7 - 3) = 5/2,
    # among = 8 + 72 + 147 - 37^2/7 = 220/7, between = (220/7 - 2 * 5/2) / (7 - 17/7) = 185/32.
    prior = fit_mean_prior([4, 12, 21], [10, 74, 153], [2, 2, 3])
    assert prior.mean == pytest.approx(37 / 7)
    assert prior.strength == pytest.approx(16 / 37)


def test_the_mean_prior_recovers_the_variances_it_was_drawn_from() -> None:
    rng = np.random.default_rng(6)
    counts = rng.integers(1, 40, 5000)
    centre = rng.normal(0.4, 0.1, 5000)
    texts = [rng.normal(c, 0.2, n) for c, n in zip(centre, counts, strict=True)]
    prior = fit_mean_prior([x.sum() for x in texts], [(x**2).sum() for x in texts], counts)
    assert prior.mean == pytest.approx(0.4, abs=0.01)
    assert prior.strength == pytest.approx(4.0, rel=0.1)


@pytest.mark.parametrize(
    ("sums", "squares", "counts", "expected"),
    [
        ([], [], [], Prior(0.0, 0.0)),
        ([np.nan], [np.nan], [0], Prior(0.0, 0.0)),
        ([1.0], [0.6], [2], Prior(0.5, 2.0)),
        ([0.2, 0.6], [0.04, 0.36], [1, 1], Prior(0.4, 2.0)),
        ([1.0, 1.0], [0.68, 0.68], [2, 2], Prior(0.5, 4.0)),
        ([0.5, 1.5], [0.125, 1.125], [2, 2], Prior(0.5, 0.0)),
    ],
    ids=["nobody", "no texts", "one person", "one text each", "all alike", "no spread within"],
)
def test_the_mean_prior_has_an_answer_where_moments_have_none(
    sums: list[float], squares: list[float], counts: list[int], expected: Prior
) -> None:
    prior = fit_mean_prior(sums, squares, counts)
    assert (prior.mean, prior.strength) == pytest.approx((expected.mean, expected.strength))


@pytest.mark.parametrize(
    ("successes", "trials"), [([2], [1]), ([-1], [4]), ([1], [np.nan]), ([1, 2], [3]), ([0], [-1])]
)
def test_impossible_counts_are_refused(successes: list[float], trials: list[float]) -> None:
    with pytest.raises(FeatureError, match=r"Los conteos|mismo largo"):
        fit_rate_prior(successes, trials)


def test_a_counted_text_without_a_score_is_refused() -> None:
    with pytest.raises(FeatureError, match="Los conteos"):
        fit_mean_prior([np.nan], [0.2], [1])


@pytest.mark.parametrize(("mean", "strength"), [(np.nan, 1), (0.5, -1), (0.5, np.inf)])
def test_a_prior_that_cannot_be_stored_is_refused(mean: float, strength: float) -> None:
    with pytest.raises(FeatureError, match="distribución previa"):
        Prior(mean, strength)


@given(
    st.lists(
        st.integers(0, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1
    )
)
def test_a_shrunk_rate_lies_between_the_persons_own_and_the_populations(
    people: list[tuple[int, int]],
) -> None:
    successes, trials = np.array(people, dtype=float).T
    prior = fit_rate_prior(successes, trials)
    shrunk = shrink(successes, trials, prior)
    seen = trials > 0
    assert np.array_equal(np.isnan(shrunk), ~seen)
    assert 0 <= prior.strength <= trials.sum()
    own = successes[seen] / trials[seen]
    assert (shrunk[seen] >= np.minimum(own, prior.mean) - 1e-12).all()
    assert (shrunk[seen] <= np.maximum(own, prior.mean) + 1e-12).all()
