"""One leader at a time, and a former one that can write no more."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, text

from aura_engine.errors import LeadershipLost, StoreError
from aura_engine.store import leadership as module
from aura_engine.store.connect import reading
from aura_engine.store.leadership import Fence, Leadership, fenced, leading
from aura_engine.store.services import report
from tests.integration.store.rows import scalar
from tests.patience import eventually

INSERT = text(
    "INSERT INTO service_state (part, instance, is_up, since, seen_at)"
    " VALUES (:part, 'x', true, now(), now())"
)
PARTS = "SELECT coalesce(string_agg(part, ',' ORDER BY part), '') FROM service_state"


def end_session_of(store: Engine, leadership: Leadership) -> None:
    pid = leadership._session.connection.dbapi_connection.info.backend_pid
    assert scalar(store, "SELECT pg_terminate_backend(:pid, 60000)", pid=pid)


def test_one_leads_and_the_next_one_has_a_higher_number(store: Engine) -> None:
    with leading(store, instance="one") as first, leading(store, instance="two") as second:
        assert first is not None
        assert second is None
        first.beat()
        assert scalar(store, "SELECT instance FROM leader") == "one"
    with leading(store, instance="two") as successor:
        assert successor is not None
        assert successor.fence.number == first.fence.number + 1
        assert successor.since >= first.since
        assert scalar(store, "SELECT instance FROM leader") == "two"


def test_a_leader_whose_session_ended_notices_and_another_one_takes_over(store: Engine) -> None:
    with leading(store, instance="one") as first:
        assert first is not None
        end_session_of(store, first)
        with leading(store, instance="two") as second:
            assert second is not None
            with pytest.raises(LeadershipLost, match="PgBouncer"):
                first.beat()
            second.beat()


def test_a_leader_that_falls_silent_loses_its_lock(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENCE_SECONDS", 0.2)
    with leading(store, instance="frozen") as frozen:
        assert frozen is not None
        led = fenced(store, frozen.fence)

        def take_over() -> bool:
            with leading(store, instance="two") as second:
                return second is not None

        eventually(take_over)
        with pytest.raises(LeadershipLost):
            frozen.beat()
        with pytest.raises(LeadershipLost), led.begin() as connection:
            connection.execute(INSERT, {"part": "late"})
    assert scalar(store, PARTS) == ""


def test_a_lock_that_is_not_this_session_s_does_not_count(store: Engine) -> None:
    """As behind a pooler that shares sessions out."""
    with leading(store, instance="one") as first:
        assert first is not None
        first._session.exec_driver_sql("SELECT pg_advisory_unlock_all()")
        with pytest.raises(LeadershipLost):
            first.beat()


def test_whatever_a_former_leader_writes_is_rolled_back(store: Engine) -> None:
    with leading(store, instance="one") as first:
        assert first is not None
        led = fenced(store, first.fence)
        with led.begin() as connection:
            connection.execute(INSERT, {"part": "a"})
    with led.begin() as connection:
        connection.execute(INSERT, {"part": "b"})  # nobody else leads yet
    with leading(store, instance="two"):
        with pytest.raises(LeadershipLost), led.begin() as connection:
            connection.execute(INSERT, {"part": "c"})
        with pytest.raises(LeadershipLost):
            report(led, "scheduler", instance="one")
        with led.connect() as connection:
            connection.detach()
            with pytest.raises(LeadershipLost), connection.begin():
                connection.execute(INSERT, {"part": "d"})
        assert scalar(store, PARTS) == "a,b"
        with reading(led) as connection:  # who only reads may go on
            assert connection.scalar(text(PARTS)) == "a,b"
    with store.begin() as connection:  # the engine itself has no fence
        connection.execute(INSERT, {"part": "e"})


def test_a_successor_waits_for_a_commit_that_has_passed_the_check(store: Engine) -> None:
    taken = threading.Event()

    def take_over() -> None:
        with leading(store, instance="two"):
            taken.set()

    with leading(store, instance="one") as first:
        assert first is not None
        fence = first.fence
    successor = threading.Thread(target=take_over)
    with store.connect() as connection:
        fence.check(connection)
        connection.execute(INSERT, {"part": "a"})
        successor.start()
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        eventually(lambda: scalar(store, waits))
        assert not taken.is_set()
        connection.commit()
    successor.join(60)
    assert taken.is_set()
    assert scalar(store, PARTS) == "a"
    with pytest.raises(LeadershipLost), store.connect() as connection:
        fence.check(connection)


def test_without_any_leader_no_number_is_valid(store: Engine) -> None:
    with pytest.raises(LeadershipLost), store.connect() as connection:
        Fence(1).check(connection)


def test_a_database_that_is_away_is_no_leadership(store: Engine) -> None:
    with store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE leader RENAME TO gone")
    with pytest.raises(StoreError), leading(store, instance="one"):
        pass
