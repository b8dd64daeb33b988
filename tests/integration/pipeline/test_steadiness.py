"""Hysteresis in real runs: it moves cases and alerts, never the stored level."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from aura_engine.pipeline import run_full, steadiness
from tests.integration.pipeline.conftest import World
from tests.integration.pipeline.people import AT_RISK

HIGH = "SELECT count(*) FROM user_feature_vector WHERE cluster_label = 'ALTO_RIESGO'"
ATTENTION = "SELECT count(*) FROM user_feature_vector WHERE needs_attention"
OPEN = "SELECT count(*) FROM risk_case WHERE state = 'abierto'"
ALERTS = "SELECT count(*) FROM event WHERE type = 'CRITICAL_ALERT'"


def change(world: World, statement: str) -> None:
    with world.context.store.begin() as connection:
        connection.execute(text(statement))


def test_alto_that_is_not_clear_opens_cases_only_once_it_has_lasted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_full(world.context)
    high = world.ask(HIGH)
    assert high >= AT_RISK
    change(world, "TRUNCATE risk_case CASCADE")
    change(
        world,
        "UPDATE feature SET cluster_label = 'BAJO_RIESGO', recorded_level = 'BAJO_RIESGO',"
        " needs_attention = false",
    )
    monkeypatch.setattr(steadiness, "CLEAR_ASI", 101.0)
    run_full(world.context)
    assert (world.ask(HIGH), world.ask(ATTENTION)) == (high, 0)
    assert (world.ask(OPEN), world.ask(ALERTS)) == (0, 0)

    change(world, "UPDATE feature SET high_changed_at = high_changed_at - interval '20 hours'")
    run_full(world.context)
    assert (world.ask(HIGH), world.ask(ATTENTION)) == (high, high)
    assert world.ask(OPEN) == high
    assert world.ask(ALERTS) > 0


@pytest.mark.parametrize("closed", [False, True])
def test_who_returns_within_the_week_is_a_case_again_only_if_the_first_was_closed(
    world: World, closed: bool
) -> None:
    run_full(world.context)
    cases = world.ask("SELECT count(*) FROM risk_case")
    change(
        world,
        "UPDATE feature SET cluster_label = 'BAJO_RIESGO', recorded_level = 'BAJO_RIESGO',"
        " severity_index = 10",
    )
    if closed:
        change(world, "UPDATE feature SET needs_attention = false")  # as the next run would find
        change(world, "UPDATE risk_case SET state = 'cerrado', closed_at = now()")
    world.now[0] += steadiness.CONFIRMED_AFTER
    run_full(world.context)
    reopened = "SELECT count(*) FROM case_action WHERE action = 'reabierto'"
    assert world.ask("SELECT count(*) FROM risk_case WHERE state <> 'cerrado'") == cases
    assert (world.ask(reopened) > 0) == closed
