"""Who needs attention: no flicker opens a case, and silence on ALTO keeps it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_engine.domain import RiskLevel
from aura_engine.pipeline.steadiness import CLEAR_ASI, RELEASED_AFTER, steady

FIRST = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ALTO, MODERADO, BAJO = (level.value for level in RiskLevel)
Night = tuple[str, float]


def verdict(level: str, asi: float, *, known: bool = True, had: bool | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cluster_label": [level],
            "severity_index": [asi],
            "is_sufficient": [known],
            "had_evidence": [known if had is None else had],
            "stopped_showing": [not known and bool(had)],
        },
        index=["ana"],
    )


NOBODY = (
    verdict(BAJO, 0.0)
    .assign(needs_attention=False, high_changed_at=pd.NaT, has_open_case=False)
    .iloc[:0]
)


def live(
    verdicts: list[pd.DataFrame],
    *,
    every: timedelta = timedelta(days=1),
    waits: bool = True,
    closed_on: int | None = None,
) -> list[bool]:
    """Return night by night whether ana needs attention; her case is open until it is closed."""
    answers: list[bool] = []
    before = NOBODY
    for number, found in enumerate(verdicts):
        before = steady(found, before, as_of=FIRST + number * every, waits=waits)
        before["has_open_case"] = before["needs_attention"] & (number != closed_on)
        answers.append(bool(before.loc["ana", "needs_attention"]))
    return answers


def test_alto_at_the_border_counts_from_the_second_night_on() -> None:
    nights = [verdict(BAJO, 20.0), verdict(ALTO, 66.0), verdict(ALTO, 66.0)]
    assert live(nights) == [False, False, True]


def test_clear_of_the_border_it_counts_at_once() -> None:
    assert live([verdict(BAJO, 20.0), verdict(ALTO, CLEAR_ASI)]) == [False, True]


def test_a_single_night_of_alto_opens_nothing() -> None:
    nights = [verdict(BAJO, 20.0), verdict(ALTO, 66.0)] + [verdict(MODERADO, 60.0)] * 8
    assert not any(live([*nights, verdict(ALTO, 66.0)]))


def test_a_second_night_of_alto_within_the_week_counts() -> None:
    nights = [verdict(ALTO, 66.0), verdict(MODERADO, 60.0), verdict(ALTO, 66.0)]
    assert live(nights) == [False, False, True]


def test_flickers_within_hours_do_not_count_as_a_return() -> None:
    nights = [verdict(ALTO, 66.0), verdict(MODERADO, 60.0)] * 6
    assert not any(live(nights, every=timedelta(hours=1)))


def test_who_falls_silent_before_alto_was_confirmed_is_not_lost() -> None:
    silent = verdict(ALTO, 62.0, known=False, had=True)
    nights = [verdict(BAJO, 20.0), verdict(ALTO, 62.0), silent, silent]
    assert live(nights) == [False, False, True, True]


def test_runs_within_the_hour_do_not_confirm_each_other() -> None:
    nights = [verdict(ALTO, 66.0)] * 20
    assert not any(live(nights, every=timedelta(hours=1)))
    assert live([*nights, verdict(ALTO, 66.0)], every=timedelta(hours=1))[-1]


def test_attention_is_kept_for_a_week_after_the_level_fell() -> None:
    nights = [verdict(ALTO, 90.0)] + [verdict(BAJO, 10.0)] * 9
    assert live(nights) == [True] * 8 + [False] * 2
    assert timedelta(days=7) == RELEASED_AFTER


def test_the_week_begins_anew_with_every_return() -> None:
    nights = [verdict(ALTO, 90.0)] + [verdict(BAJO, 10.0)] * 6
    nights += [verdict(ALTO, 66.0)] + [verdict(BAJO, 10.0)] * 7
    assert live(nights) == [True] * 15


def test_who_returns_after_the_case_was_closed_needs_attention_anew() -> None:
    nights = [verdict(ALTO, 90.0), verdict(BAJO, 10.0), verdict(BAJO, 10.0), verdict(ALTO, 90.0)]
    assert live(nights) == [True] * 4
    assert live(nights, closed_on=1) == [True, True, False, True]


def test_who_stays_in_alto_does_not_enter_again_because_a_case_was_closed() -> None:
    assert live([verdict(ALTO, 90.0)] * 4, closed_on=1) == [True] * 4


def test_the_first_run_and_a_new_model_do_not_wait() -> None:
    assert live([verdict(ALTO, 60.0)], waits=False) == [True]


def test_too_little_evidence_needs_no_attention_until_there_is_enough() -> None:
    nights = [verdict(ALTO, 90.0, known=False), verdict(ALTO, 90.0)]
    assert live(nights) == [False, True]


def test_silence_on_alto_keeps_attention() -> None:
    nights = [verdict(ALTO, 90.0)] + [verdict(ALTO, 90.0, known=False, had=True)] * 30
    assert all(live(nights))


def test_what_is_no_level_change_keeps_its_date() -> None:
    first = steady(verdict(BAJO, 1.0), NOBODY, as_of=FIRST, waits=True)
    first["has_open_case"] = False
    later = steady(verdict(MODERADO, 40.0), first, as_of=FIRST + timedelta(days=3), waits=True)
    assert later.loc["ana", "high_changed_at"] == pd.Timestamp(0, tz="UTC")
    high = steady(verdict(ALTO, 66.0), first, as_of=FIRST, waits=True).assign(has_open_case=False)
    stays = steady(verdict(ALTO, 69.0), high, as_of=FIRST + timedelta(days=3), waits=True)
    assert stays.loc["ana", "high_changed_at"] == pd.Timestamp(FIRST)


nights = st.lists(
    st.tuples(st.sampled_from([ALTO, MODERADO, BAJO]), st.floats(0, 100)), max_size=30
)


@given(nights)
def test_attention_never_begins_below_alto_nor_ends_within_a_week_of_it(lived: list[Night]) -> None:
    answers = live([verdict(*night) for night in lived])
    for number, (before, now) in enumerate(zip([False, *answers], answers, strict=False)):
        if now and not before:
            assert lived[number][0] == ALTO
        if before and not now:
            assert number >= 7
            assert all(level != ALTO for level, _ in lived[number - 7 : number + 1])


@pytest.mark.parametrize("hours", [19.9, 20.0])
def test_a_night_run_that_is_early_confirms(hours: float) -> None:
    two = [verdict(ALTO, 66.0)] * 2
    assert live(two, every=timedelta(hours=hours))[-1] == (hours >= 20)
