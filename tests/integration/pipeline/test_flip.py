"""The flip, while somebody else holds a row that it needs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from aura_engine.errors import RunCancelled, StoreError
from aura_engine.i18n import t
from aura_engine.pipeline import run_full, steadiness
from aura_engine.store import runs
from aura_engine.store.queue import cancel
from tests.integration.pipeline.conftest import World
from tests.integration.pipeline.people import AT_RISK, PEOPLE

LAST = "SELECT {} FROM pipeline_run ORDER BY id DESC LIMIT 1"
EVENTS = (
    "SELECT count(*) FROM event WHERE type = 'CLUSTERING_COMPLETE'"
    " AND run_id = (SELECT max(id) FROM pipeline_run)"
)
OPEN = "SELECT count(*) FROM risk_case WHERE state <> 'cerrado'"


@pytest.fixture
def entering(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Ten people whose cases were closed enter ALTO with the next run."""
    run_full(world.context)
    with world.context.store.begin() as connection:
        connection.execute(
            text(
                "UPDATE feature SET cluster_label = 'BAJO_RIESGO', recorded_level = 'BAJO_RIESGO',"
                " needs_attention = false"
            )
        )
        connection.execute(text("UPDATE risk_case SET state = 'cerrado', closed_at = now()"))
    monkeypatch.setattr(steadiness, "CLEAR_ASI", 0.0)
    monkeypatch.setattr(runs, "FLIP_LOCK_TIMEOUT", "100ms")
    monkeypatch.setattr(runs, "FLIP_PAUSE", 0.01)
    return world


@contextmanager
def held_case(world: World, release: threading.Event) -> Iterator[None]:
    """Hold a case, as a counselor's page does, until it is released or the block ends."""
    held = threading.Event()

    def hold() -> None:
        with world.context.store.begin() as connection:
            connection.execute(text("SELECT id FROM risk_case ORDER BY id LIMIT 1 FOR UPDATE"))
            held.set()
            release.wait(60)

    counselor = threading.Thread(target=hold)
    counselor.start()
    assert held.wait(10)
    try:
        yield
    finally:
        release.set()
        counselor.join()


def attempts(monkeypatch: pytest.MonkeyPatch, made: list[int], at_second: threading.Event) -> None:
    """Count the attempts at the flip, and say when the second begins."""
    flipping = runs.RunRecorder.flipping

    @contextmanager
    def counted(recorder: runs.RunRecorder) -> Iterator[object]:
        made.append(recorder.run_id)
        if len(made) == 2:
            at_second.set()
        with flipping(recorder) as connection:
            yield connection

    monkeypatch.setattr(runs.RunRecorder, "flipping", counted)


def test_a_row_that_is_let_go_delays_the_flip_and_changes_nothing_else(
    entering: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, made = threading.Event(), []
    attempts(monkeypatch, made, release)
    with held_case(entering, release):
        run_full(entering.context)
    assert len(made) >= 2
    assert entering.ask(LAST.format("status")) == "succeeded"
    counted = entering.ask(LAST.format("counts"))
    high = entering.ask(LAST.format("(results->'risk_distribution'->>'ALTO_RIESGO')::int"))
    assert high >= AT_RISK
    assert (counted["reopened"], counted["opened"], counted["alerts"]) == (high, 0, high)
    assert entering.ask(OPEN) == high
    assert entering.ask("SELECT count(*) FROM case_action WHERE action = 'reabierto'") == high
    assert entering.ask(EVENTS) == 1
    assert entering.ask("SELECT data_version FROM active_run") == 2


def test_a_row_that_is_never_let_go_fails_the_run_and_leaves_the_former_results(
    entering: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    attempts(monkeypatch, made, threading.Event())
    with held_case(entering, threading.Event()), pytest.raises(StoreError) as caught:
        run_full(entering.context)
    assert len(made) == runs.FLIP_ATTEMPTS
    assert str(caught.value) == t("store.busy", code="55P03")
    assert entering.ask(LAST.format("status")) == "failed"
    assert entering.ask(LAST.format("error")) == str(caught.value)
    assert entering.ask("SELECT data_version FROM active_run") == 1
    assert entering.ask("SELECT count(*) FROM user_feature_vector") == PEOPLE
    assert (entering.ask(OPEN), entering.ask(EVENTS)) == (0, 0)
    run_full(entering.context)
    assert entering.ask("SELECT data_version FROM active_run") == 2


def test_a_run_that_waits_for_a_row_can_be_cancelled(
    entering: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    attempts(monkeypatch, made, threading.Event())

    def ask_to_stop(stage: str, _done: int, _total: int | None) -> None:
        if stage == "flip":
            cancel(entering.context.store, int(entering.ask("SELECT max(id) FROM pipeline_run")))

    with held_case(entering, threading.Event()), pytest.raises(RunCancelled):
        run_full(entering.context, progress=ask_to_stop)
    assert len(made) == 1
    assert entering.ask(LAST.format("status")) == "cancelled"
