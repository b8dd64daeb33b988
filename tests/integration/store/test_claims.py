"""Runs that a process took and did not end: handed back, marked as failed, asked for once more."""

from __future__ import annotations

import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from aura_engine.errors import RunConflict, RunError
from aura_engine.i18n import t
from aura_engine.store.claims import end_claimed, hand_back
from aura_engine.store.generation import (
    ensure_history_month,
    flip,
    load_generation,
    stage_history,
    sweep_generations,
)
from aura_engine.store.queue import Enqueued, cancel, enqueue, is_busy, is_waiting, retry
from aura_engine.store.runs import ClaimedRun, claimed_run, close_interrupted
from aura_engine.store.samples import stage_samples
from tests.integration.store.rows import (
    AS_OF,
    a_model,
    a_run,
    finish,
    generation,
    history,
    ids,
    publish,
    scalar,
)

ROOT = Path(__file__).resolve().parents[3]
ROW = (
    "SELECT concat_ws(',', status, claimed_by, stage, requested_by, parameters->>'n', stages)"
    " FROM pipeline_run WHERE id = :run_id"
)
STATUS = "SELECT status FROM pipeline_run WHERE id = :run_id"
HOLDS_THE_LOCK = """
import sys
from sqlalchemy import make_url
from aura_engine.store.connect import connect_store
from tests.integration.store.rows import a_run
with a_run(connect_store(make_url(sys.stdin.readline().strip()))):
    print("on", flush=True)
    sys.stdin.readline()
"""


def ask(store: Engine, *, kind: str = "full", n: int = 1) -> Enqueued:
    return enqueue(store, kind=kind, parameters={"n": n}, requested_by="ana")


def take(store: Engine, instance: str = "one/1") -> AbstractContextManager[ClaimedRun | None]:
    return claimed_run(store, instance=instance, as_of=AS_OF)


def test_a_run_that_is_handed_back_waits_as_if_it_had_not_been_taken(store: Engine) -> None:
    request = ask(store)
    before = scalar(store, ROW, run_id=request.run_id)
    with take(store) as claimed:
        assert claimed is not None
        with claimed.recorder.stage("extract"):
            claimed.recorder.count(people=3)
        assert hand_back(store, "one/1") == request.run_id
        assert scalar(store, ROW, run_id=request.run_id) == before
    assert hand_back(store, "one/1") is None
    assert is_waiting(store)


def test_what_a_handed_back_run_had_loaded_goes_before_it_loads_again(store: Engine) -> None:
    publish(store, ids(4))
    request = ask(store)
    ensure_history_month(store, AS_OF)
    rows = generation(ids(4), model_id=a_model(store))
    with take(store) as claimed:
        assert claimed is not None
        load_generation(store, request.run_id, rows.reset_index())
        stage_history(store, request.run_id, history(rows))
        stage_samples(store, request.run_id, rows, staged=lambda: None)
        hand_back(store, "one/1")
    with take(store, "two/1") as again:
        assert again is not None
        sweep_generations(store)
        load_generation(store, request.run_id, rows.reset_index())
        stage_history(store, request.run_id, history(rows))
        stage_samples(store, request.run_id, rows, staged=lambda: None)
        with again.recorder.flipping() as connection:
            flip(connection, request.run_id)
            finish(connection, again.recorder, a_model(store))
    assert scalar(store, STATUS, run_id=request.run_id) == "succeeded"
    assert scalar(store, "SELECT count(*) FROM visible_history") == 4
    assert scalar(store, "SELECT count(*) FROM kpi_sample") == 4


def test_a_run_that_flipped_meanwhile_is_not_handed_back(store: Engine) -> None:
    request = ask(store)
    with take(store) as claimed:
        assert claimed is not None
        load_generation(
            store, request.run_id, generation(ids(3), model_id=a_model(store)).reset_index()
        )
        with claimed.recorder.flipping() as connection:
            flip(connection, request.run_id)
            finish(connection, claimed.recorder, a_model(store))
        assert hand_back(store, "one/1") is None
    ended = end_claimed(store, "one/1")
    assert ended is not None
    assert (ended.run_id, ended.kind, ended.status) == (request.run_id, "full", "succeeded")


def test_a_run_handed_back_under_a_living_process_cannot_show_itself(store: Engine) -> None:
    request = ask(store)

    def hand_back_and_finish() -> None:
        with take(store) as claimed:
            assert claimed is not None
            hand_back(store, "one/1")
            with claimed.recorder.flipping() as connection:
                finish(connection, claimed.recorder, a_model(store))

    with pytest.raises(RunError, match="perdió su turno"):
        hand_back_and_finish()
    assert scalar(store, STATUS, run_id=request.run_id) == "queued"


def test_a_run_of_a_dead_process_is_marked_as_failed_and_waits_for_nobody(store: Engine) -> None:
    request = ask(store)
    with take(store):
        ended = end_claimed(store, "one/1")
        assert ended is not None
        assert (ended.status, ended.error) == ("failed", t("pipeline.interrupted"))
    assert scalar(store, STATUS, run_id=request.run_id) == "failed"
    told = scalar(store, "SELECT payload->>'code' FROM event WHERE type = 'ERROR'")
    assert told == "RUN_FAILED"
    assert not is_busy(store)
    assert end_claimed(store, "nobody") is None


def test_a_failed_run_is_asked_for_once_more_with_a_reason(store: Engine) -> None:
    request = ask(store, n=7)
    with pytest.raises(RunError, match="stop"), take(store):
        raise RunError("stop")
    again = retry(store, request.run_id, reason=" hubo un corte de luz ", requested_by="eva")
    row = "SELECT concat_ws(',', kind, status, requested_by, retry_of, reason, parameters->>'n')"
    assert scalar(store, f"{row} FROM pipeline_run WHERE id = :id", id=again.run_id) == (
        f"full,queued,eva,{request.run_id},hubo un corte de luz,7"
    )
    with pytest.raises(RunError, match=str(again.run_id)):
        retry(store, request.run_id, reason="otra vez", requested_by="eva")
    cancel(store, again.run_id)
    ask(store, n=8)
    with pytest.raises(RunConflict):
        retry(store, again.run_id, reason="otra vez", requested_by="eva")


@pytest.mark.parametrize("status", ["queued", "succeeded"])
def test_only_what_ended_badly_is_retried(store: Engine, status: str) -> None:
    request = ask(store)
    with store.begin() as connection:
        connection.execute(text("UPDATE pipeline_run SET status = :status"), {"status": status})
    with pytest.raises(RunError, match=str(request.run_id)):
        retry(store, request.run_id, reason="porque sí", requested_by="eva")
    with pytest.raises(RunError):
        retry(store, 4711, reason="porque sí", requested_by="eva")


def test_nothing_is_retried_without_a_reason(store: Engine) -> None:
    with pytest.raises(RunError, match=t("pipeline.retry_needs_reason")):
        retry(store, 1, reason="  ", requested_by="eva")


def test_a_sweep_is_in_nobody_s_way_and_an_incremental_run_waits_for_nobody(
    store: Engine,
) -> None:
    with store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO pipeline_run (kind, status, requested_by)"
                " VALUES ('incremental', 'running', 'aura')"
            )
        )
    assert not is_busy(store)
    sweep = ask(store, kind="sweep")
    assert is_busy(store)
    full = ask(store)
    assert not full.joined
    assert ask(store, kind="sweep") == Enqueued(sweep.run_id, joined=True)
    with pytest.raises(RunConflict):
        ask(store, kind="recluster")


def test_interrupted_runs_are_closed_only_when_none_goes_on(store: Engine) -> None:
    with a_run(store):
        assert not close_interrupted(store)
    with store.begin() as connection:
        connection.execute(text("UPDATE pipeline_run SET status = 'running'"))
    assert close_interrupted(store)
    assert scalar(store, "SELECT status FROM pipeline_run") == "failed"


def test_a_run_in_another_process_is_not_taken_for_dead(store: Engine) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS_THE_LOCK],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        process.stdin.write(store.url.render_as_string(hide_password=False) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "on\n"
        assert not close_interrupted(store)
        assert scalar(store, "SELECT status FROM pipeline_run") == "running"
        process.kill()
