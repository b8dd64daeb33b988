"""How far logs were read, and until when everyone has to be read again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from aura_engine.store.change_cursors import (
    Cursor,
    WaitingChange,
    begin_cursor,
    cursors,
    demand_resync,
    end_resync,
    let_wait,
    move_cursor,
    stop_waiting,
    store_clock,
    waiting,
)

INSTALL = "00000000-0000-4000-9000-000000000001"
A, B = (f"00000000-0000-4000-9000-00000000000{n}" for n in (2, 3))


def place(xid: int) -> dict[str, object]:
    return {"system_identifier": "1", "install_id": INSTALL, "xid": xid, "id": 0, "gap": 0}


def held(store: Engine, source: str = "auth") -> Cursor:
    with store.connect() as connection:
        return cursors(connection)[source]


def clock(store: Engine) -> datetime:
    with store.connect() as connection:
        return store_clock(connection)


def end(store: Engine, begun_at: datetime) -> None:
    with store.begin() as connection:
        end_resync(connection, begun_at=begun_at)


@pytest.fixture
def read(store: Engine) -> Engine:
    """Two sources whose logs are read; for one everyone is to be read again."""
    with store.begin() as connection:
        for source in ("auth", "social"):
            begin_cursor(connection, source, place(5))
        demand_resync(connection, "auth", "everyone")
    return store


def test_only_a_run_that_began_after_the_demand_ends_it(read: Engine) -> None:
    since = held(read).resync_since
    assert since is not None
    end(read, since - timedelta(microseconds=1))
    assert held(read).resync_reason == "everyone"
    begun_at = clock(read)
    with read.begin() as connection:
        demand_resync(connection, "auth", "not_logged")
    end(read, begun_at)
    assert held(read).resync_reason == "not_logged"
    end(read, clock(read))
    assert (held(read).resync_reason, held(read).resync_since) == (None, None)
    assert held(read).xid == 5


def test_a_cursor_that_is_there_does_not_begin_again_but_moves(read: Engine) -> None:
    with read.begin() as connection:
        begin_cursor(connection, "auth", place(1))
    assert held(read).xid == 5
    with read.begin() as connection:
        move_cursor(connection, "auth", place(9))
    assert (held(read).xid, held(read).resync_reason) == (9, "everyone")
    assert held(read, "social").xid == 5


def test_a_change_waits_once_until_its_source_is_back(store: Engine) -> None:
    one = WaitingChange("social", "user_profiles", "UPDATE", A, "messaging")
    other = WaitingChange("social", "user_profiles", "UPDATE", B, "auth")
    with store.begin() as connection:
        let_wait(connection, [one, other])
        let_wait(connection, [one])
    with store.begin() as connection:
        assert waiting(connection, away=["auth", "messaging"], most=9) == []
        (back,) = waiting(connection, away=["auth"], most=9)
        assert (back.user_ref, back.waits_for) == (A, "messaging")
        stop_waiting(connection, [back])
        assert [change.user_ref for change in waiting(connection, away=[], most=9)] == [B]
