from __future__ import annotations

import pandas as pd
import pytest

from aura_engine.domain import KPI_COLUMNS, RISK_DIRECTION, RiskLevel
from aura_engine.pipeline.messages import run_events
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


@pytest.mark.parametrize(("changes", "alerts"), [(200, 0), (195, 5), (0, 200)])
def test_up_to_two_hundred_transitions_are_told_one_by_one(
    generation: pd.DataFrame, model: ScoringModel, changes: int, alerts: int
) -> None:
    events = told(generation, model, changes=changes, alerts=alerts)
    assert count(events, EventType.USER_RISK_UPDATE) == changes
    assert count(events, EventType.CRITICAL_ALERT) == alerts


@pytest.mark.parametrize(("changes", "alerts"), [(201, 0), (196, 5), (0, 201)])
def test_beyond_two_hundred_transitions_only_totals_are_told_alerts_among_them(
    generation: pd.DataFrame, model: ScoringModel, changes: int, alerts: int
) -> None:
    events = told(generation, model, changes=changes, alerts=alerts)
    assert [event.type for event in events] == [
        EventType.DISTRIBUTION_UPDATE,
        EventType.CLUSTERING_COMPLETE,
    ]
    told_of = events[-1].payload
    assert (told_of["transitions"], told_of["alerts"]) == (changes + alerts, alerts)
    assert told_of["new_cases"] == alerts


def test_whoever_changed_and_is_alerted_about_is_one_transition(
    generation: pd.DataFrame, model: ScoringModel
) -> None:
    events = told(generation, model, changes=len(generation), alerts=len(generation))
    assert events[-1].payload["transitions"] == len(generation)


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
