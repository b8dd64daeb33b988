from __future__ import annotations

import pandas as pd
import pytest

from aura_engine.domain import KPI_COLUMNS, RISK_DIRECTION, RiskLevel
from aura_engine.pipeline.messages import MAX_SINGLE_MESSAGES, run_events
from aura_engine.pipeline.results import run_results
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.pipeline.transitions import Transitions
from aura_engine.store.events import Event, EventType
from tests.unit.pipeline.test_scoring import AS_OF, activity, fit


@pytest.fixture(scope="module")
def model() -> ScoringModel:
    return fit(activity())


@pytest.fixture(scope="module")
def generation(model: ScoringModel) -> pd.DataFrame:
    scored = model.score(model.kpis(activity(), as_of=AS_OF))
    return scored.assign(stopped_showing=False)


def told(
    generation: pd.DataFrame, model: ScoringModel, *, changes: int, alerts: int
) -> list[Event]:
    changed = generation.iloc[:changes][["cluster_label", "severity_index"]].assign(
        previous_label=RiskLevel.BAJO.value, previous_severity=1.0, reason="behaviour"
    )
    nobody = pd.DataFrame({"user_id_raiz": [], "state": [], "severity_index": []})
    return run_events(
        generation,
        Transitions(changed, nobody, list(generation.index[-alerts:]) if alerts else []),
        model,
        run_id=1,
        results=run_results(generation, model),
        new_cases=alerts,
        seconds=1.0,
    )


def count(events: list[Event], kind: EventType) -> int:
    return sum(event.type is kind for event in events)


@pytest.mark.parametrize("over", [0, 1])
def test_beyond_two_hundred_changes_only_totals_and_alerts_are_told(
    generation: pd.DataFrame, model: ScoringModel, over: int
) -> None:
    changes = MAX_SINGLE_MESSAGES + over
    events = told(generation, model, changes=changes, alerts=5)
    assert count(events, EventType.USER_RISK_UPDATE) == (0 if over else changes)
    assert count(events, EventType.CRITICAL_ALERT) == 5
    assert count(events, EventType.DISTRIBUTION_UPDATE) == 1
    complete = events[-1]
    assert complete.type is EventType.CLUSTERING_COMPLETE
    assert (complete.payload["transitions"], complete.payload["alerts"]) == (changes, 5)


@pytest.mark.parametrize("over", [0, 1])
def test_beyond_two_hundred_alerts_only_their_number_is_told(
    generation: pd.DataFrame, model: ScoringModel, over: int
) -> None:
    alerts = MAX_SINGLE_MESSAGES + over
    events = told(generation, model, changes=1, alerts=alerts)
    assert count(events, EventType.CRITICAL_ALERT) == (0 if over else alerts)
    assert events[-1].payload["alerts"] == alerts


def test_an_alert_above_eighty_is_urgent_and_names_what_weighs_most(
    generation: pd.DataFrame, model: ScoringModel
) -> None:
    who = generation.index[-2:]
    two = generation.copy()
    two.loc[who, "severity_index"] = [80.0, 80.1]
    first, second = [
        event.payload
        for event in told(two, model, changes=0, alerts=2)
        if event.type is EventType.CRITICAL_ALERT
    ]
    assert (first["priority"], second["priority"]) == ("HIGH", "URGENT")
    assert len(first["factors"]) == len(second["factors"]) == 3


def test_nobody_is_alerted_about_for_what_they_do_well(
    generation: pd.DataFrame, model: ScoringModel
) -> None:
    best = generation[list(KPI_COLUMNS)].to_numpy() * [*RISK_DIRECTION]
    healthiest = generation.index[best.sum(axis=1).argmin()]
    order = [user for user in generation.index if user != healthiest] + [healthiest]
    [alert] = [
        event.payload
        for event in told(generation.loc[order], model, changes=0, alerts=1)
        if event.type is EventType.CRITICAL_ALERT
    ]
    on_the_risk_side = (
        (generation.loc[healthiest, list(KPI_COLUMNS)].to_numpy(float) - model.ensemble.medians_)
        * RISK_DIRECTION
        > 0
    ).sum()
    assert len(alert["factors"]) == min(3, on_the_risk_side)
