"""Turning: when, how gradually, and what becomes of it in the far future."""

from __future__ import annotations

import numpy as np
import pytest

from aura_engine.demo.personas import AT_RISK, HEALTHY, PERSONAS, Persona
from aura_engine.demo.turns import Moves, Turns

RISKY = [PERSONAS.index(persona) for persona in AT_RISK]


@pytest.fixture
def turns() -> Turns:
    return Turns(seed=3, users=2_000)


def turning(moves: Moves) -> np.ndarray:
    return np.isfinite(moves.onset)


def test_onsets_are_spread_over_days_60_to_118(turns: Turns) -> None:
    moves = turns.on(0)
    onsets = moves.onset[turning(moves)]
    assert onsets.min() == 60
    assert onsets.max() == 118
    assert len(np.unique(onsets)) > 40


def test_withdrawing_and_distressed_people_all_turn_and_some_isolated_do(turns: Turns) -> None:
    moves = turns.on(0)
    turned = {
        persona: turning(moves)[moves.target == PERSONAS.index(persona)].mean()
        for persona in (Persona.WITHDRAWING, Persona.IN_DISTRESS, Persona.ISOLATED)
    }
    assert turned[Persona.WITHDRAWING] == turned[Persona.IN_DISTRESS] == 1.0
    assert 0.2 < turned[Persona.ISOLATED] < 0.5


def test_who_turns_is_healthy_until_the_onset_and_changes_gradually(turns: Turns) -> None:
    moves = turns.on(0)
    who = turning(moves)
    healthy = [PERSONAS.index(persona) for persona in HEALTHY]
    assert np.isin(moves.origin[who], healthy).all()
    course = np.array([moves.progress(day)[who] for day in range(150)])
    steps = np.diff(course, axis=0)
    assert (course[59] == 0).all()
    assert (course[149] == 1).all()
    assert steps.min() >= 0
    assert steps.max() <= 1 / 8 + 1e-9


def test_people_recover_and_others_turn_so_that_the_far_future_stays_plausible(
    turns: Turns,
) -> None:
    first = turns.on(0)
    for day in (240, 480, 960):
        moves = turns.on(day)
        at_risk = np.isin(moves.target, RISKY)
        assert 0.05 < at_risk.mean() < 0.14
    assert (np.isin(first.target, RISKY) & ~at_risk).any()
    assert (~np.isin(first.target, RISKY) & at_risk).any()


def test_the_future_is_the_same_whenever_it_is_asked_for(turns: Turns) -> None:
    late_first = Turns(seed=3, users=2_000).on(900)
    for day in range(0, 900, 30):
        turns.on(day)
    for name in ("origin", "target", "onset", "ramp"):
        np.testing.assert_array_equal(getattr(turns.on(900), name), getattr(late_first, name))


def test_an_onset_after_the_history_is_not_told_before_it_comes(turns: Turns) -> None:
    for day in (120, 131, 149):
        told = turns.known(day)
        assert (told.onset <= day).all()
