from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aura_engine.demo.plan import (
    DEFAULT_SEED,
    DEFAULT_USERS,
    HISTORY_DAYS,
    REPLAYED_NIGHTS,
    DemoPlan,
)
from aura_engine.demo.replay import nights
from aura_engine.errors import DemoError
from aura_engine.pipeline.nightly import NIGHTLY_AT
from aura_engine.store.reads.usual import KNOWN_FOR

ZONE = ZoneInfo("America/Mexico_City")
NEW_YORK = ZoneInfo("America/New_York")
PLAN = DemoPlan(150, 7, date(2026, 1, 1), date(2026, 4, 1), NEW_YORK.key)


def test_the_history_ends_today_in_the_population_s_zone() -> None:
    late = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)  # still the first of March in Mexico City
    plan = DemoPlan.new(None, None, now=late, zone=ZONE)
    assert plan.epoch + timedelta(days=HISTORY_DAYS) == date(2026, 3, 1)
    assert (plan.users, plan.seed) == (DEFAULT_USERS, DEFAULT_SEED)


def test_a_plan_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    assert DemoPlan.read(tmp_path / "plan.json") is None
    PLAN.write(tmp_path / "plan.json")
    assert DemoPlan.read(tmp_path / "plan.json") == PLAN


def test_a_plan_that_names_no_zone_is_of_people_in_mexico_city(tmp_path: Path) -> None:
    former = {key: value for key, value in PLAN.as_dict().items() if key != "timezone"}
    (tmp_path / "plan.json").write_text(json.dumps(former))
    read = DemoPlan.read(tmp_path / "plan.json")
    assert read == replace(PLAN, timezone="America/Mexico_City")
    assert read.zone == ZONE


@pytest.mark.parametrize(("users", "seed"), [(None, None), (150, None), (None, 7), (150, 7)])
def test_what_is_not_asked_for_is_as_it_is(users: int | None, seed: int | None) -> None:
    assert PLAN.require(users, seed, timezone=NEW_YORK.key) is None


@pytest.mark.parametrize(("users", "seed"), [(151, None), (None, 8), (151, 7)])
def test_other_data_than_those_there_need_a_reset(users: int | None, seed: int | None) -> None:
    with pytest.raises(DemoError, match="--reset"):
        PLAN.require(users, seed, timezone=NEW_YORK.key)


def test_people_who_live_in_another_zone_need_a_reset() -> None:
    with pytest.raises(DemoError, match=r"America/New_York.*America/Mexico_City.*--reset"):
        PLAN.require(None, None, timezone=ZONE.key)


def test_a_handful_of_people_is_no_population() -> None:
    with pytest.raises(DemoError, match="99"):
        DemoPlan.new(99, None, now=datetime(2026, 3, 1, tzinfo=UTC), zone=ZONE)


@pytest.mark.parametrize("hour", [0, 5, 7, 9, 10, 15, 23])
def test_so_many_nights_are_replayed_that_everyone_is_known_for_thirty_days(hour: int) -> None:
    """In March it is UTC-6 in Mexico City, so that 03:30 there is 09:30 UTC."""
    now = datetime(2026, 3, 1, hour, 0, tzinfo=UTC)
    due = nights(DemoPlan.new(None, None, now=now, zone=ZONE), until=now)
    assert len(due) == REPLAYED_NIGHTS == 31
    assert all(night.astimezone(ZONE).time() == NIGHTLY_AT for night in due)
    assert all(now - timedelta(days=32) < night < now for night in due)
    assert now - due[0] >= KNOWN_FOR
    assert due == sorted(due)


def test_nights_keep_their_local_hour_when_clocks_change() -> None:
    now = datetime(2026, 3, 20, 15, 0, tzinfo=UTC)
    plan = DemoPlan.new(None, None, now=now, zone=NEW_YORK)
    due = nights(plan, until=now)
    assert {night.hour for night in due} == {7, 8}
    assert all(night.astimezone(NEW_YORK).time() == NIGHTLY_AT for night in due)


def test_nights_go_on_for_as_long_as_the_demo_is_used() -> None:
    now = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
    plan = DemoPlan.new(None, None, now=now, zone=ZONE)
    before = nights(plan, until=now)
    later = nights(plan, until=now + timedelta(days=3))
    assert later[: len(before)] == before
    assert len(later) == len(before) + 3
