from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, RowMapping, text

from aura_engine.domain import RiskLevel
from aura_engine.errors import RunError, StoreError
from aura_engine.i18n import t
from aura_engine.store.bulk import BATCH_ROWS
from aura_engine.store.generation import flip, load_generation, sweep_generations
from aura_engine.store.runs import RunRecorder, last_full_run
from tests.integration.store.rows import (
    AS_OF,
    a_model,
    a_run,
    finish,
    generation,
    ids,
    publish,
    publish_rows,
    scalar,
)
from tests.patience import eventually

ROOT = Path(__file__).resolve().parents[3]
IN_VIEW = "SELECT count(*) FROM user_feature_vector"
INTERRUPTED = t("pipeline.interrupted")
LEFT_RUNNING = """
import sys

from sqlalchemy import make_url

from aura_engine.store.connect import connect_store
from aura_engine.store.generation import load_generation
from tests.integration.store.rows import a_model, a_run, generation, ids
from tests.patience import eventually

store = connect_store(make_url(sys.stdin.readline().strip()))
with a_run(store) as run:
    with run.stage("extract"):
        run.count(people=5)
    rows = generation(ids(5), model_id=a_model(store))
    load_generation(store, run.run_id, rows.reset_index())
    print(run.run_id, flush=True)
    sys.stdin.readline()
"""


def go_through(store: Engine, act: Callable[[RunRecorder], None]) -> None:
    with a_run(store) as run:
        act(run)


def load(store: Engine, run: RunRecorder, users: list[str]) -> int:
    model_id = a_model(store)
    load_generation(store, run.run_id, generation(users, model_id=model_id).reset_index())
    return model_id


def show(run: RunRecorder, model_id: int) -> None:
    with run.flipping() as connection:
        flip(connection, run.run_id)
        finish(connection, run, model_id)


def end_session(store: Engine, run: RunRecorder) -> None:
    """End the session that holds the run lock."""
    pid = run.lock.connection.dbapi_connection.info.backend_pid
    assert scalar(store, "SELECT pg_terminate_backend(:pid, 5000)", pid=pid)


def row(store: Engine, run_id: int | None = None) -> RowMapping:
    """The row of a run; of the latest one if none is named."""
    query = (
        "SELECT * FROM pipeline_run WHERE id = coalesce(:id, (SELECT max(id) FROM pipeline_run))"
    )
    with store.connect() as connection:
        return connection.execute(text(query), {"id": run_id}).mappings().one()


def has_partition(store: Engine, run_id: int) -> bool:
    return bool(scalar(store, f"SELECT to_regclass('feature_{run_id}') IS NOT NULL"))


def test_a_run_that_lost_its_session_cannot_show_itself_after_another_took_over(
    store: Engine,
) -> None:
    lost: list[int] = []
    successor: list[int] = []

    def lose_the_session(run: RunRecorder) -> None:
        lost.append(run.run_id)
        model_id = load(store, run, ids(3))
        end_session(store, run)
        successor.append(publish(store, ids(5)))
        show(run, model_id)

    with pytest.raises((StoreError, RunError)):
        go_through(store, lose_the_session)
    first, second = row(store, lost[0]), row(store, successor[0])
    assert (first["status"], first["error"], first["flipped_at"]) == ("failed", INTERRUPTED, None)
    assert second["status"] == "succeeded"
    assert scalar(store, "SELECT run_id FROM active_run") == successor[0]
    assert scalar(store, IN_VIEW) == 5


def test_a_run_that_lost_its_session_shows_nothing_even_if_nobody_took_over(
    store: Engine,
) -> None:
    before = publish(store, ids(4))

    def lose_the_session(run: RunRecorder) -> None:
        model_id = load(store, run, ids(7))
        end_session(store, run)
        show(run, model_id)

    with pytest.raises(StoreError) as caught:
        go_through(store, lose_the_session)
    assert str(caught.value) == t("store.unreachable")
    assert (row(store)["status"], row(store)["error"]) == ("failed", str(caught.value))
    assert scalar(store, "SELECT run_id FROM active_run") == before
    assert scalar(store, IN_VIEW) == 4


def test_a_run_that_was_taken_for_dead_shows_nothing(store: Engine) -> None:
    before = publish(store, ids(4))

    def be_given_up(run: RunRecorder) -> None:
        model_id = load(store, run, ids(7))
        with store.begin() as connection:
            given_up = "UPDATE pipeline_run SET status = 'failed', error = 'x' WHERE id = :id"
            connection.execute(text(given_up), {"id": run.run_id})
        show(run, model_id)

    with pytest.raises(RunError) as caught:
        go_through(store, be_given_up)
    assert str(caught.value) == t("store.lost_run")
    assert (row(store)["status"], row(store)["error"]) == ("failed", "x")
    assert row(store)["flipped_at"] is None
    assert scalar(store, "SELECT run_id FROM active_run") == before
    assert scalar(store, IN_VIEW) == 4


def test_a_killed_run_is_marked_failed_by_the_next_and_its_rows_are_swept(store: Engine) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", LEFT_RUNNING],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        process.stdin.write(store.url.render_as_string(hide_password=False) + "\n")
        process.stdin.flush()
        killed = int(process.stdout.readline())
        process.kill()
    assert row(store, killed)["status"] == "running"
    _wait_for_the_lock(store)
    publish(store, ids(4))
    assert (row(store, killed)["status"], row(store, killed)["error"]) == ("failed", INTERRUPTED)
    assert row(store, killed)["finished_at"] is not None
    assert row(store, killed)["counts"] == {"people": 5}
    assert [stage["name"] for stage in row(store, killed)["stages"]] == ["extract"]
    assert has_partition(store, killed)
    sweep_generations(store)
    assert not has_partition(store, killed)
    assert scalar(store, IN_VIEW) == 4


def _wait_for_the_lock(store: Engine) -> None:
    """The server notices a moment later that a client was killed."""
    held = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    eventually(lambda: not scalar(store, held))


def test_the_next_run_may_begin_as_soon_as_one_has_ended(store: Engine) -> None:
    """However long the server takes to end the session, here with many temporary tables."""
    many = "EXECUTE 'CREATE TEMP TABLE t' || i || ' ()'"
    with a_run(store) as run, run.flipping() as connection:
        connection.exec_driver_sql(f"DO $$ BEGIN FOR i IN 1..300 LOOP {many}; END LOOP; END $$")
    with a_run(store) as following:
        assert following.run_id > run.run_id


def test_a_second_run_is_refused_while_one_goes_on(store: Engine) -> None:
    with a_run(store) as run:
        with pytest.raises(RunError) as caught:
            publish(store, ids(2))
        assert str(caught.value) == t("pipeline.already_running")
        show(run, load(store, run, ids(3)))
    assert scalar(store, "SELECT count(*) FROM pipeline_run") == 1
    assert scalar(store, IN_VIEW) == 3


def test_an_interrupted_run_is_cancelled_and_its_rows_are_swept(store: Engine) -> None:
    publish(store, ids(4))

    def interrupt(run: RunRecorder) -> None:
        load(store, run, ids(7))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go_through(store, interrupt)
    cancelled = row(store)
    assert (cancelled["status"], cancelled["error"]) == ("cancelled", t("pipeline.cancelled"))
    assert has_partition(store, cancelled["id"])
    sweep_generations(store)
    assert not has_partition(store, cancelled["id"])
    assert scalar(store, IN_VIEW) == 4


def test_rows_that_were_loaded_halfway_are_swept_too(store: Engine) -> None:
    """The second batch breaks a rule, when the first is committed and nothing is attached."""
    rows = generation(ids(BATCH_ROWS + 1), model_id=a_model(store))
    rows.iloc[-1, rows.columns.get_loc("severity_index")] = 140.0
    with pytest.raises(StoreError) as caught:
        go_through(store, lambda run: load_generation(store, run.run_id, rows.reset_index()))
    failed = row(store)
    assert (failed["status"], failed["error"]) == ("failed", str(caught.value))
    assert scalar(store, f"SELECT count(*) FROM feature_{failed['id']}") == BATCH_ROWS  # noqa: S608
    sweep_generations(store)
    assert not has_partition(store, failed["id"])


@pytest.mark.parametrize("error", [ValueError("too late"), KeyboardInterrupt()])
def test_an_error_after_the_flip_leaves_the_run_succeeded(
    store: Engine, error: BaseException
) -> None:
    def flip_and_fail(run: RunRecorder) -> None:
        show(run, load(store, run, ids(3)))
        raise error

    with pytest.raises(type(error)):
        go_through(store, flip_and_fail)
    assert (row(store)["status"], row(store)["error"]) == ("succeeded", None)
    assert scalar(store, IN_VIEW) == 3


def test_an_unexpected_error_is_named_on_the_row_by_its_kind_only(store: Engine) -> None:
    def fail(run: RunRecorder) -> None:
        raise ValueError("no puedo más")

    with pytest.raises(ValueError, match="no puedo más"):
        go_through(store, fail)
    failed = row(store)
    assert failed["status"] == "failed"
    assert failed["error"] == t("pipeline.unexpected", run_id=failed["id"], kind="ValueError")
    for detail in ("no puedo más", "Traceback", __file__):
        assert detail not in str(dict(failed))


def test_a_driver_error_reaches_the_caller_and_the_row_as_a_store_error(store: Engine) -> None:
    def ask_for_a_missing_table(run: RunRecorder) -> None:
        with store.connect() as connection:
            connection.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(StoreError) as caught:
        go_through(store, ask_for_a_missing_table)
    message = t("store.another_structure", code="42P01")
    assert (str(caught.value), row(store)["error"]) == (message, message)
    assert row(store)["status"] == "failed"


def test_the_last_full_run_is_the_latest_moment_of_those_that_succeeded(store: Engine) -> None:
    def fail(run: RunRecorder) -> None:
        raise RunError("stop here")

    with pytest.raises(RunError, match="stop here"):
        go_through(store, fail)
    assert last_full_run(store) is None
    rows = generation(ids(3), model_id=a_model(store), level=RiskLevel.BAJO)
    publish_rows(store, rows)
    publish_rows(store, rows, as_of=AS_OF - timedelta(days=1))
    publish_rows(store, rows, as_of=AS_OF + timedelta(days=1), kind="recluster")
    assert last_full_run(store) == AS_OF


def test_the_row_tells_how_far_a_stage_is_and_keeps_its_total(store: Engine) -> None:
    told: list[tuple[str, int, int | None]] = []
    with a_run(store) as run:
        run.progress = lambda *step: told.append(step)
        with run.stage("load", 8):
            run.advance(3)
            within = row(store)
        after = row(store)
    assert (within["stage"], within["stage_done"], within["stage_total"]) == ("load", 3, 8)
    assert (after["stage_done"], after["stage_total"]) == (8, 8)
    assert told == [("load", 0, 8), ("load", 3, 8)]


def test_a_generation_is_loaded_with_a_word_after_each_batch(store: Engine) -> None:
    rows = generation(ids(BATCH_ROWS + 1), model_id=a_model(store)).reset_index()
    done: list[int] = []
    with a_run(store) as run:
        load_generation(store, run.run_id, rows, loaded=done.append)
    assert done == [BATCH_ROWS, BATCH_ROWS + 1]
