"""Personas: shares, head counts and habits that make sense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_engine.demo.personas import AT_RISK, HABITS, PERSONAS, SHARES, Persona, head_counts
from aura_engine.i18n import t


@given(users=st.integers(1, 100_000))
def test_head_counts_add_up_and_stay_within_one_of_their_share(users: int) -> None:
    counts = head_counts(users)
    assert sum(counts.values()) == users
    assert all(abs(counts[persona] - SHARES[persona] * users) < 1 for persona in PERSONAS)


def test_nine_percent_are_planted_at_risk() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0)
    assert sum(SHARES[persona] for persona in AT_RISK) == pytest.approx(0.09)


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_tones_of_a_persona_add_up_to_one(persona: Persona) -> None:
    assert sum(HABITS[persona].tones.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("persona", PERSONAS)
def test_every_persona_has_a_name_for_people(persona: Persona) -> None:
    assert t(f"personas.{persona}")


def test_the_population_writes_about_one_message_a_head_and_day() -> None:
    mean = sum(SHARES[persona] * HABITS[persona].messages for persona in PERSONAS)
    assert 0.9 < mean < 1.15
