"""Totals in time: trend points, and where everyone stood at each day's end."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from aura_engine.domain import RiskLevel
from aura_engine.store.access import SYSTEM
from aura_engine.store.connect import reading
from aura_engine.store.generation import ensure_history_month, stage_history
from aura_engine.store.people import save_people
from aura_engine.store.reads import TrendStep, trend_steps
from aura_engine.store.trends import (
    days_to_record,
    last_trend_point,
    record_day,
    record_trend_point,
)
from tests.integration.store.rows import (
    AS_OF,
    NO_MEMBERSHIPS,
    a_model,
    generation,
    history,
    ids,
    people,
    publish,
    publish_rows,
    scalar,
)

ZONE = ZoneInfo("America/Mexico_City")
DAY = date(2026, 3, 1)
COMMUNITY = str(uuid.UUID(int=77))
ROWS = (
    "SELECT string_agg(concat_ws(' ', cohort_kind, cohort, cluster_label, people), ';'"
    " ORDER BY cohort_kind, cluster_label) FROM daily_snapshot WHERE day = :day"
)


def remember(store: Engine, levels: list[str], severities: list[float], as_of: datetime) -> None:
    """Let a run find this of the first people, and keep it in the history."""
    users = ids(len(levels))
    rows = generation(users, model_id=a_model(store))
    rows["cluster_label"], rows["severity_index"] = levels, severities
    run_id = publish_rows(store, rows, as_of=as_of)
    ensure_history_month(store, as_of)
    stage_history(store, run_id, history(rows, as_of=as_of))


def record(store: Engine, day: date) -> None:
    with store.begin() as connection:
        record_day(connection, day, zone=ZONE)


def test_a_trend_point_holds_what_was_observed_and_all_levels(store: Engine) -> None:
    with store.begin() as connection:
        assert record_trend_point(connection, AS_OF) is None
        assert last_trend_point(connection) is None
    users = ids(4)
    save_people(store, people(users), NO_MEMBERSHIPS, as_of=AS_OF)
    rows = generation(users, model_id=a_model(store), level=RiskLevel.ALTO)
    rows["raw_days_since_last_seen"] = [1.0, 2.0, 6.0, None]
    rows["raw_ratio_night_messages"] = None
    publish_rows(store, rows)
    with store.begin() as connection:
        point = record_trend_point(connection, AS_OF)
        assert last_trend_point(connection) == AS_OF
    assert point is not None
    assert point.people == 4
    assert point.averages["days_since_last_seen"] == pytest.approx(3.0)
    assert point.averages["ratio_night_messages"] is None
    assert point.distribution == {"ALTO_RIESGO": 4, "RIESGO_MODERADO": 0, "BAJO_RIESGO": 0}
    publish(store, users)
    with store.begin() as connection:
        record_trend_point(connection, AS_OF)
    assert scalar(store, "SELECT distribution->>'BAJO_RIESGO' FROM trend_point") == "4"


def test_a_day_s_end_is_what_was_known_at_local_midnight(store: Engine) -> None:
    users = ids(3)
    memberships = pd.DataFrame(
        {"user_id_raiz": users[:1], "community_id": [COMMUNITY], "category": ["arte"]}
    )
    save_people(store, people(users), memberships, as_of=AS_OF)
    with store.begin() as connection:
        connection.execute(text("UPDATE person SET age_band = NULL"))
    bajo, alto = str(RiskLevel.BAJO), str(RiskLevel.ALTO)
    midnight = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
    remember(store, [bajo, bajo, alto], [5.0, 19.9, 100.0], midnight - timedelta(hours=20))
    remember(store, [alto, bajo, alto], [90.0, 20.0, 100.0], midnight - timedelta(seconds=1))
    remember(store, [bajo, bajo, bajo], [1.0, 1.0, 1.0], midnight)
    record(store, DAY)
    assert scalar(store, ROWS, day=DAY) == (
        "all all ALTO_RIESGO 2;all all BAJO_RIESGO 1;"
        f"category arte ALTO_RIESGO 1;community {COMMUNITY} ALTO_RIESGO 1;"
        "region Jalisco ALTO_RIESGO 2;region Jalisco BAJO_RIESGO 1"
    )
    bins = (
        "SELECT severity_bins FROM daily_snapshot WHERE cohort_kind = 'all' AND cluster_label = :l"
    )
    assert scalar(store, bins, l=alto) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert scalar(store, bins, l=bajo) == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    before = scalar(store, ROWS, day=DAY)
    record(store, DAY)
    assert scalar(store, ROWS, day=DAY) == before


def test_days_that_were_missed_are_made_up_for(store: Engine) -> None:
    def missing(now: datetime) -> list[date]:
        with store.connect() as connection:
            return days_to_record(connection, now=now, zone=ZONE)

    later = datetime(2026, 3, 4, 7, 0, tzinfo=UTC)  # one in the morning of the fourth
    assert missing(later) == []
    save_people(store, people(ids(1)), NO_MEMBERSHIPS, as_of=AS_OF)
    remember(store, [str(RiskLevel.BAJO)], [5.0], AS_OF)
    assert missing(later) == [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]
    assert missing(later - timedelta(hours=2)) == [DAY, DAY + timedelta(days=1)]
    record(store, DAY)
    assert missing(later) == [DAY + timedelta(days=1), DAY + timedelta(days=2)]


def test_a_step_shows_the_last_that_was_known_in_it_of_runs_and_between_them(store: Engine) -> None:
    users = ids(2)
    midnight = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)  # in the reader's zone
    publish(store, users)
    _found(store, midnight - timedelta(hours=2), alto=1)
    for at in (midnight - timedelta(minutes=30), midnight + timedelta(minutes=10)):
        with store.begin() as connection:
            record_trend_point(connection, at)
    _found(store, midnight + timedelta(minutes=10), alto=2)
    _found(store, midnight + timedelta(days=9), alto=3)

    def steps(step: TrendStep, until: timedelta = timedelta(days=10)) -> list[tuple[int, int]]:
        with reading(store) as connection:
            found = trend_steps(
                connection, SYSTEM, since=midnight - timedelta(hours=12), until=midnight + until,
                step=step, zone=ZONE.key,
            )  # fmt: skip
        return [
            (round((row["as_of"] - midnight).total_seconds() / 60),
             row["distribution"]["ALTO_RIESGO"])
            for row in found
        ]  # fmt: skip

    assert steps(TrendStep.HOUR) == [(-120, 1), (-30, 0), (10, 2), (9 * 1440, 3)]
    assert steps(TrendStep.DAY) == [(-30, 0), (10, 2), (9 * 1440, 3)]
    assert steps(TrendStep.WEEK) == [(-30, 0), (10, 2), (9 * 1440, 3)]
    assert steps(TrendStep.DAY, timedelta(0)) == [(-30, 0)]
    assert all(isinstance(people, int) for _, people in steps(TrendStep.WEEK))


def _found(store: Engine, at: datetime, *, alto: int) -> None:
    """Let a run have found so many people in ALTO."""
    run_id = publish_rows(store, generation(ids(2), model_id=a_model(store)), as_of=at)
    totals = {"ALTO_RIESGO": alto, "RIESGO_MODERADO": 0, "BAJO_RIESGO": 0}
    with store.begin() as connection:
        connection.execute(
            text("UPDATE pipeline_run SET results = CAST(:told AS jsonb) WHERE id = :run"),
            {"told": json.dumps({"averages": {}, "risk_distribution": totals}), "run": run_id},
        )
