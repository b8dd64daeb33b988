"""What the sidebar says of the parts."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from aura_engine.store.reads import DataVersion, NoticeChannel, ServiceStatus
from aura_ui import live
from aura_ui.live import Pulse, complaints, state
from aura_ui.page import DRAWN, DRAWN_CASES

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ZONE = ZoneInfo("America/Mexico_City")


def part(name, *, is_up=True, minutes=5, **details):
    return ServiceStatus(name, is_up, NOW - timedelta(minutes=minutes), details)


def parts(**changed):
    names = ("scheduler", "aura_auth", "aura_social", "aura_messaging")
    return {name: changed.get(name, part(name)) for name in names}


def version(hours=0.0):
    as_of = NOW - timedelta(hours=hours)
    return DataVersion(7, as_of, 31, as_of, as_of, "aura-es-mini", {}, as_of, as_of)


def pulse(hours=0.0, **changed):
    return Pulse(version(hours), None, parts(**changed))


def test_nothing_is_said_where_all_is_well():
    assert complaints(pulse(), NOW, ZONE) == []


def test_a_silent_scheduler_is_named_with_since_when():
    said = complaints(pulse(scheduler=part("scheduler", is_up=False, minutes=12)), NOW, ZONE)
    assert len(said) == 1
    assert "hace 12 min" in said[0]
    assert "./aura scheduler" in said[0]


def test_a_scheduler_that_never_reported_is_not_health():
    assert "todavía no ha dado señales" in complaints(Pulse(None, None, {}), NOW, ZONE)[0]


def test_a_source_that_is_down_is_named_and_the_others_are_not():
    said = complaints(pulse(aura_social=part("aura_social", is_up=False)), NOW, ZONE)
    assert len(said) == 1
    assert said[0].startswith("aura_social no responde desde hace 5 min")


def test_without_the_scheduler_nothing_is_claimed_of_the_sources():
    down = {name: part(name, is_up=False) for name in parts()}
    assert len(complaints(Pulse(None, None, down), NOW, ZONE)) == 1


def test_a_language_model_that_does_not_load_is_told_in_its_own_words():
    said = complaints(pulse(scheduler=part("scheduler", problem="No se pudo obtener")), NOW, ZONE)
    assert said == ["No se pudo obtener"]


def test_data_that_missed_a_night_are_no_health():
    assert complaints(pulse(hours=25), NOW, ZONE) == []
    assert "no hubo una corrida completa" in complaints(pulse(hours=27), NOW, ZONE)[0]


def test_notices_that_do_not_get_through_are_named_by_channel():
    failing = NoticeChannel("smtp", NOW - timedelta(hours=3), "el servidor no respondió")
    channels = (failing, NoticeChannel("webhook", None, None))
    found = Pulse(version(), None, parts(), channels)
    [said] = complaints(found, NOW, ZONE)
    assert said.startswith(
        "Los avisos por correo no salen desde hace 3 h: el servidor no respondió"
    )
    assert state(found, NOW) != state(pulse(), NOW)


class Redrawn(Exception):
    pass


def redraw() -> None:
    raise Redrawn


@pytest.mark.parametrize(
    ("drawn", "is_redrawn"),
    [
        ({}, False),
        ({DRAWN: 7}, False),
        ({DRAWN: 6}, True),
        ({DRAWN: 7, DRAWN_CASES: "9/9"}, False),
        ({DRAWN: 7, DRAWN_CASES: "8/8"}, True),
        ({DRAWN_CASES: "9/8"}, True),
    ],
    ids=str,
)
def test_only_a_page_that_shows_cases_is_redrawn_when_somebody_acts_on_one(
    monkeypatch, drawn, is_redrawn
):
    monkeypatch.setattr(live, "st", SimpleNamespace(session_state=dict(drawn), rerun=redraw))
    with pytest.raises(Redrawn) if is_redrawn else nullcontext():
        live._redraw_if_new(Pulse(version(), None, parts(), cases="9/9"))


def test_a_page_of_operations_is_outdated_when_a_part_or_the_latest_run_changes():
    run = {"id": 31, "status": "running"}
    before = Pulse(version(), run, parts())

    def is_same(now: Pulse, at: datetime = NOW) -> bool:
        return state(before, NOW) == state(now, at)

    assert is_same(Pulse(version(), run, parts(aura_auth=part("aura_auth"))))
    assert not is_same(Pulse(version(), {**run, "status": "failed"}, parts()))
    assert not is_same(Pulse(version(), run, parts(aura_auth=part("aura_auth", is_up=False))))
    troubled = parts(scheduler=part("scheduler", problem="No se pudo obtener"))
    assert not is_same(Pulse(version(), run, troubled))
    assert is_same(before, NOW + timedelta(hours=25))
    assert not is_same(before, NOW + timedelta(hours=27))
