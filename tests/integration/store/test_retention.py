"""What goes after a while, and what stays because something speaks of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from aura_engine.store import bulk
from aura_engine.store.retention import sweep_audit_log, sweep_events, sweep_incremental_runs
from tests.integration.store.rows import AS_OF, ids, publish, scalar

EVENTS = "SELECT string_agg(payload->>'n', ',' ORDER BY seq) FROM event"


def write_event(store: Engine, n: int, age: timedelta, run_id: int | None = None) -> None:
    with store.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO event (created_at, type, run_id, payload)"
                " VALUES (:at, 'ERROR', :run_id, jsonb_build_object('n', :n ::int))"
            ),
            {"at": AS_OF - age, "n": n, "run_id": run_id},
        )


def a_day(store: Engine, age: timedelta, status: str = "succeeded") -> int:
    with store.begin() as connection:
        run_id: int = connection.execute(
            text(
                "INSERT INTO pipeline_run (kind, status, requested_by, finished_at)"
                " VALUES ('incremental', :status, 'aura', :at) RETURNING id"
            ),
            {"status": status, "at": AS_OF - age},
        ).scalar_one()
    return run_id


def test_events_go_after_a_week_in_batches(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "DELETED_AT_ONCE", 2)
    for n in range(5):
        write_event(store, n, timedelta(days=7, minutes=1))
    write_event(store, 5, timedelta(days=6, hours=23))
    write_event(store, 6, timedelta(days=9))  # of a replayed day: written late
    write_event(store, 7, timedelta(0))
    assert sweep_events(store, now=AS_OF) == 6
    assert scalar(store, EVENTS) == "5,7"


def test_the_last_event_stays_however_old(store: Engine) -> None:
    write_event(store, 1, timedelta(days=30))
    write_event(store, 2, timedelta(days=30))
    assert sweep_events(store, now=AS_OF) == 1
    assert scalar(store, EVENTS) == "2"


def test_old_days_of_incremental_runs_go_unless_something_speaks_of_them(store: Engine) -> None:
    publish(store, ids(1))
    old, kept = timedelta(days=91), timedelta(days=89)
    forgotten = a_day(store, old)
    spoken_of = a_day(store, old)
    write_event(store, 1, timedelta(0), run_id=spoken_of)
    goes_on = a_day(store, old, "running")
    young = a_day(store, kept)
    with store.begin() as connection:
        connection.execute(
            text("UPDATE pipeline_run SET finished_at = :at WHERE kind = 'full'"),
            {"at": AS_OF - 10 * old},
        )
    assert sweep_incremental_runs(store, now=AS_OF) == 1
    left = "SELECT array_agg(id ORDER BY id) FROM pipeline_run WHERE kind = 'incremental'"
    assert scalar(store, left) == [spoken_of, goes_on, young]
    assert forgotten not in scalar(store, left)
    assert scalar(store, "SELECT count(*) FROM pipeline_run WHERE kind = 'full'") == 1


def test_the_log_of_reads_goes_after_its_time_in_batches(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "DELETED_AT_ONCE", 2)
    kept = timedelta(days=30)
    with store.begin() as connection:
        for days in (29, 30, 31, 400, 500, 600):
            connection.execute(
                text(
                    "INSERT INTO audit_log (at, actor, role, action, subject)"
                    " VALUES (:at, 'local', 'supervisor', :days, 'list')"
                ),
                {"at": AS_OF - timedelta(days=days), "days": str(days)},
            )
    assert sweep_audit_log(store, now=AS_OF, kept=kept) == 4
    assert (
        scalar(store, "SELECT string_agg(action, ',' ORDER BY at DESC) FROM audit_log") == "29,30"
    )
