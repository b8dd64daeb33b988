from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pandas as pd
import pytest
from sqlalchemy import URL, Engine, create_engine, text
from structlog.testing import capture_logs

from aura_engine.cluster import Lease, create_role
from aura_engine.errors import StoreError
from aura_engine.i18n import t
from aura_engine.store.bulk import copy_frame
from aura_engine.store.connect import connect_store, reading
from aura_engine.store.failures import store_errors
from tests.integration.store.rows import AS_OF, shared_store


@pytest.fixture(scope="module")
def store(lease: Lease) -> Iterator[Engine]:
    """One database for all: nothing here is ever written."""
    with shared_store(lease) as engine:
        yield engine


def explained(act: Callable[[], object]) -> str:
    """What people read when this fails."""
    with pytest.raises(StoreError) as caught, store_errors():
        act()
    return str(caught.value)


def explained_query(engine: Engine, query: str) -> str:
    def run() -> None:
        with engine.begin() as connection:
            connection.execute(text(query))

    return explained(run)


def explained_address(url: URL) -> str:
    engine = connect_store(url)
    try:
        return explained(engine.connect)
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        ("SELECT * FROM nowhere", "another_structure", "42P01"),
        ("SELECT nothing FROM person", "another_structure", "42703"),
        ("SELECT nothing(1)", "another_structure", "42883"),
        ("SET LOCAL statement_timeout = 20; SELECT pg_sleep(9)", "busy", None),
        ("DO $$ BEGIN RAISE deadlock_detected; END $$", "busy", None),
        ("DO $$ BEGIN RAISE disk_full; END $$", "full", "53100"),
        ("SELECT pg_terminate_backend(pg_backend_pid())", "unreachable", None),
        ("SELECT 1 / 0", "failed", "22012"),
    ],
)
def test_what_the_server_refuses_says_what_to_do(
    store: Engine, query: str, message: str, code: str | None
) -> None:
    assert explained_query(store, query) == t(f"store.{message}", code=code)


def test_a_role_without_rights_is_told_whom_to_ask(store: Engine, lease: Lease) -> None:
    create_role(lease, "store_stranger")
    stranger = connect_store(lease.url(str(store.url.database), "store_stranger"))
    assert explained_query(stranger, "SELECT * FROM person") == t("store.refused", code="42501")
    stranger.dispose()


def test_a_closed_port_is_no_answer(store: Engine) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = store.url.set(port=unused.getsockname()[1])
        assert explained_address(closed) == t("store.unreachable")


@pytest.mark.parametrize(
    "wrong", [{"password": "no-es-esta"}, {"username": "nadie"}, {"database": "ninguna"}]
)
def test_a_wrong_address_names_its_setting_and_no_secret(
    store: Engine, wrong: dict[str, str]
) -> None:
    with capture_logs() as logged:
        message = explained_address(store.url.set(**wrong))
    assert "DATABASE_URL_ANALYTICS" in message
    for secret in (store.url.password, *wrong.values()):
        assert str(secret) not in message + str(logged)


def test_a_pool_that_has_nothing_left_is_busy(store: Engine) -> None:
    small = create_engine(store.url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    with small.connect():
        assert explained(small.connect) == t("store.busy")
    small.dispose()


def test_a_lock_that_is_not_given_in_time_is_busy(store: Engine) -> None:
    impatient = "SET LOCAL lock_timeout = 20; SELECT count(*) FROM person"
    with store.begin() as connection:
        connection.execute(text("LOCK TABLE person"))
        assert explained_query(store, impatient) == t("store.busy")


def test_the_log_names_what_was_broken_and_no_value_of_the_row(store: Engine) -> None:
    row = {
        "pseudonym": "K7-FQ2M",
        "state": "extraviado",
        "opened_at": AS_OF,
        "opening_severity": 81.25,
        "opening_run_id": 4711,
        "priority": "ALTA",
        "waiting_since": AS_OF,
    }

    def load() -> None:
        with store.begin() as connection:
            copy_frame(connection, "risk_case", pd.DataFrame([row]))

    with capture_logs() as logged:
        message = explained(load)
    assert message == t("store.failed", code="23514")
    [entry] = logged
    assert (entry["event"], entry["log_level"]) == ("store_failed", "error")
    assert (entry["sqlstate"], entry["table_name"]) == ("23514", "risk_case")
    assert entry["constraint_name"] == "risk_case_state"
    for value in ("K7-FQ2M", "extraviado", "81.25", "4711"):
        assert value not in str(entry)


def test_an_error_is_explained_and_logged_once_however_deep_it_lies(store: Engine) -> None:
    def read() -> None:
        with reading(store) as connection:
            connection.execute(text("SELECT * FROM nowhere"))

    with capture_logs() as logged:
        assert explained(read) == t("store.another_structure", code="42P01")
    assert len(logged) == 1


def test_an_error_of_the_callers_own_goes_through_as_it_is(store: Engine) -> None:
    with capture_logs() as logged, pytest.raises(ValueError, match="mine"), store_errors():
        raise ValueError("mine")
    assert logged == []
