"""The live channels: who may listen, what they are told first, and what then."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from aura_engine.store.access import Role
from aura_engine.store.accounts import disable_account
from aura_engine.store.events import Event, EventType, write_error, write_events
from tests.integration.bridge.conftest import Bridge
from tests.integration.bridge.signing import JWT, bearer, token, with_account
from tests.integration.store.rows import ids, publish
from tests.patience import eventually
from ws_bridge import beginning, sockets
from ws_bridge.hub import Message

LIVE, ALERTS = "/api/v2/clustering/ws/live", "/api/v2/clustering/ws/alerts"
SOMEBODY = ids(1)[0]


@pytest.fixture
def store(store: Engine) -> Engine:
    publish(store, [SOMEBODY])
    return store


def tell(store: Engine, *types: EventType, user_id: str | None = None, note: str = "") -> None:
    events = [Event(kind, {"note": note}, user_id) for kind in types]
    with store.begin() as connection:
        run_id = connection.scalar(text("SELECT run_id FROM active_run"))
        write_events(connection, events, run_id=run_id, as_of=datetime.now(UTC))


@contextmanager
def listening(client: TestClient, path: str, **given: Any) -> Iterator[WebSocketTestSession]:
    # The test client would call itself another host.
    with client.websocket_connect(f"ws://127.0.0.1:8001{path}", **given) as socket:
        yield socket


def first(client: TestClient, path: str, **given: Any) -> dict[str, Any]:
    with listening(client, path, **given) as socket:
        return dict(socket.receive_json())


def code_of(client: TestClient, path: str, *say: str, **given: Any) -> int:
    with listening(client, path, **given) as socket:
        for words in say:
            socket.send_text(words)
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    return int(closed.value.code)


def end_other_sessions(store: Engine) -> None:
    with store.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def test_a_socket_is_told_what_is_so_and_then_what_happens(bridge: Bridge, store: Engine) -> None:
    client = bridge(store)
    tell(store, EventType.DISTRIBUTION_UPDATE, note="before")
    with listening(client, LIVE) as live, listening(client, ALERTS) as alerts:
        told = live.receive_json()
        assert told["type"] == "INITIAL_STATE"
        assert (told["channel"], told["connected_clients"]) == ("clustering", 1)
        assert told["server_timestamp"].endswith("Z")
        assert "recovered" not in told
        assert [message["payload"] for message in told["recent_messages"]] == [{"note": "before"}]
        assert alerts.receive_json()["recent_messages"] == []
        counted = client.get("/health").json()["realtime"]
        assert counted == {
            "enabled": True,
            "websocket_connections": {"clustering": 1, "alerts": 1},
        }
        tell(store, *EventType, user_id=None, note="after")
        got = [live.receive_json() for _ in EventType]
        assert [message["type"] for message in got] == [kind.value for kind in EventType]
        assert all(set(m) == {"type", "seq", "server_timestamp", "payload"} for m in got)
        assert [m["seq"] for m in got] == sorted({m["seq"] for m in got})
        assert [alerts.receive_json()["type"] for _ in range(2)] == ["CRITICAL_ALERT", "ERROR"]
        live.send_text("ping")
        pong = live.receive_json()
        assert pong["type"] == "pong"
        assert pong["timestamp"].endswith("Z")


def test_an_error_outside_a_run_reaches_both_channels(bridge: Bridge, store: Engine) -> None:
    with listening(bridge(store), ALERTS) as alerts:
        alerts.receive_json()
        with store.begin() as connection:
            write_error(connection, "X", "algo")
        assert alerts.receive_json()["payload"] == {"code": "X", "message": "algo"}


def test_an_ended_session_of_the_bridge_keeps_no_event_from_anybody(
    bridge: Bridge, store: Engine
) -> None:
    with listening(bridge(store), ALERTS) as alerts:
        alerts.receive_json()
        for _ in range(3):
            end_other_sessions(store)
            tell(store, EventType.ERROR)
            assert alerts.receive_json()["type"] == "ERROR"


def test_whoever_was_away_gets_what_it_missed_or_is_told_that_it_cannot(
    bridge: Bridge, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = bridge(store)
    tell(store, *[EventType.ERROR] * 3, note="one")
    last = first(client, LIVE)["last_seq"]
    tell(store, *[EventType.ERROR] * 12, note="two")
    with listening(client, f"{LIVE}?since={last}") as socket:
        told = socket.receive_json()
        assert told["recovered"] is True
        missed = [socket.receive_json() for _ in range(12)]
        assert [m["seq"] for m in missed] == list(range(last + 1, last + 13))
        tell(store, EventType.ERROR, note="three")
        assert socket.receive_json()["payload"] == {"note": "three"}
    assert first(client, f"{LIVE}?since={last + 14}")["recovered"] is False  # of another database
    monkeypatch.setattr(beginning, "MOST_REPLAYED", 5)
    assert first(client, f"{LIVE}?since={last}")["recovered"] is False
    with store.begin() as connection:
        connection.execute(text("DELETE FROM event WHERE seq < :last"), {"last": last})
    assert first(client, f"{LIVE}?since={last - 2}")["recovered"] is False


def test_by_role_and_scope_events_are_for_some(bridge: Bridge, store: Engine) -> None:
    community = uuid.uuid4()
    with store.begin() as connection:
        connection.execute(
            text("INSERT INTO person_community VALUES (:who, :community, 'Arte')"),
            {"who": SOMEBODY, "community": community},
        )
    client = bridge(store, **JWT)
    types = (EventType.USER_RISK_UPDATE, EventType.CRITICAL_ALERT, EventType.CLUSTERING_COMPLETE)
    tell(store, *types[:2], user_id=SOMEBODY)
    tell(store, types[2])
    who = {
        "all": with_account(store, Role.SUPERVISOR),
        "theirs": with_account(store, Role.COUNSELOR, scope={community, uuid.uuid4()}),
        "others": with_account(store, Role.COUNSELOR, scope={uuid.uuid4()}),
        "totals": with_account(store, Role.ANALYST),
    }
    names = [kind.value for kind in types]
    expected = {"all": names, "theirs": names, "others": names[2:], "totals": names[2:]}
    for times, (name, account) in enumerate(who.items(), start=1):
        with listening(client, LIVE, headers=bearer(account)) as socket:
            told = socket.receive_json()
            recent = [message["type"] for message in told["recent_messages"]]
            assert recent == (expected[name] * times)[-10:], name
            tell(store, *types[:2], user_id=SOMEBODY)
            tell(store, types[2])
            got = []
            while names[2] not in got[-1:]:
                got.append(socket.receive_json()["type"])
            assert got == expected[name], name
        assert SOMEBODY not in str(told)


def test_nothing_is_said_to_whoever_is_not_known(
    bridge: Bridge, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "SIGN_IN_SECONDS", 0.2)
    client = bridge(store, **JWT)
    who = uuid.uuid4()
    assert code_of(client, LIVE) == 4401  # says nothing
    assert code_of(client, LIVE, "ping") == 4401
    assert code_of(client, LIVE, '{"type": "auth", "token": 7}') == 4401
    assert code_of(client, f"{LIVE}?token={token(who, 'admin')}") == 4401
    late = bearer(who, "admin", lasts=-timedelta(minutes=5))
    assert code_of(client, ALERTS, headers=late) == 4401
    assert code_of(client, ALERTS, headers=bearer(who, "user")) == 4403
    assert code_of(client, LIVE, f'{{"type": "auth", "token": "{token(who, "user")}"}}') == 4403
    disabled = with_account(store, Role.SUPERVISOR, disabled=True)
    assert code_of(client, LIVE, headers=bearer(disabled, "admin")) == 4403
    assert client.get("/health", headers=bearer(who, "admin")).json()["realtime"] == {
        "enabled": True,
        "websocket_connections": {"clustering": 0, "alerts": 0},
    }


def test_a_trusted_client_that_reads_single_records_does_not_listen(
    bridge: Bridge, store: Engine
) -> None:
    app = bridge(store, **JWT, AURA_TRUSTED_CLIENTS="192.0.2.7=service,192.0.2.8=supervisor").app
    assert code_of(TestClient(app, client=("192.0.2.7", 1)), LIVE) == 4403
    trusted = TestClient(app, client=("192.0.2.8", 1))
    assert first(trusted, LIVE)["type"] == "INITIAL_STATE"
    for host in ("evil.example:8001", "[::1", "["):
        assert code_of(trusted, LIVE, headers={"Host": host}) == 4403
    assert code_of(trusted, LIVE, headers={"X-Forwarded-For": "10.0.0.9"}) == 4403


def test_a_token_comes_by_header_by_subprotocol_or_in_the_first_message(
    bridge: Bridge, store: Engine
) -> None:
    client = bridge(store, **JWT)
    signed = token(uuid.uuid4(), "admin")
    assert first(client, LIVE, headers=bearer(uuid.uuid4(), "admin"))["type"] == "INITIAL_STATE"
    offered = ["aura.v2", f"bearer.{signed}"]
    with listening(client, LIVE, subprotocols=offered) as socket:
        assert socket.accepted_subprotocol == "aura.v2"
        assert socket.receive_json()["type"] == "INITIAL_STATE"
    with listening(client, LIVE) as socket:
        socket.send_text(f'{{"type": "auth", "token": "{signed}"}}')
        assert socket.receive_json()["type"] == "INITIAL_STATE"


@pytest.mark.parametrize("variables", [{}, JWT])
def test_a_page_of_another_origin_may_not_listen(
    bridge: Bridge, store: Engine, variables: dict[str, str]
) -> None:
    client = bridge(store, **variables, AURA_CORS_ORIGINS="https://admin.example")
    signed = bearer(uuid.uuid4(), "admin")
    for origin in ("https://evil.example", "null", "https://admin.example.evil.example"):
        assert code_of(client, LIVE, headers={**signed, "Origin": origin}) == 4403
    allowed = {**signed, "Origin": "https://admin.example"}
    assert first(client, LIVE, headers=allowed)["type"] == "INITIAL_STATE"


class NextMonth(datetime):
    """A clock by which every token of these tests has ended."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + timedelta(days=32)


def test_a_socket_is_closed_when_its_token_ends_or_its_account_is_disabled(
    bridge: Bridge, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "WATCH_SECONDS", 0.05)
    client = bridge(store, **JWT)
    with listening(client, LIVE, headers=bearer(uuid.uuid4(), "admin")) as socket:
        socket.receive_json()
        (held,) = client.app.state.sockets.hub.clients  # type: ignore[attr-defined]
        assert timedelta(days=29) < held.caller.expires_at - datetime.now(UTC) < timedelta(days=31)
        with monkeypatch.context() as clock:
            clock.setattr(sockets, "datetime", NextMonth)
            with pytest.raises(WebSocketDisconnect) as ended:
                socket.receive_json()
    assert ended.value.code == 4401
    who = with_account(store, Role.SUPERVISOR)
    with listening(client, LIVE, headers=bearer(who)) as socket:
        socket.receive_json()
        with store.begin() as connection:
            number = connection.exec_driver_sql("SELECT max(id) FROM app_user").scalar_one()
            disable_account(connection, number)
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_json()
    assert ended.value.code == 4403


DEMOTED = "UPDATE app_user SET role = 'analyst' WHERE id = :id"
NARROWED = "UPDATE app_user SET scope = ARRAY[gen_random_uuid()] WHERE id = :id"
REMOVED = "DELETE FROM app_user WHERE id = :id"


@pytest.mark.parametrize("change", [DEMOTED, NARROWED, REMOVED])
def test_a_socket_of_whose_account_changes_is_closed(
    bridge: Bridge, store: Engine, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(sockets, "WATCH_SECONDS", 0.05)
    client = bridge(store, **JWT)
    changed, same = (with_account(store, Role.COUNSELOR) for _ in range(2))
    with (
        listening(client, LIVE, headers=bearer(same)) as other,
        listening(client, LIVE, headers=bearer(changed)) as socket,
    ):
        other.receive_json()
        socket.receive_json()
        with store.begin() as connection:
            query = text("SELECT id FROM app_user WHERE auth_user_id = :who")
            number = connection.scalar(query, {"who": changed})
            connection.execute(text(change), {"id": number})
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_json()
        assert ended.value.code == 4403
        tell(store, EventType.ERROR, note="still here")
        assert other.receive_json()["payload"] == {"note": "still here"}


def test_a_look_that_fails_is_followed_by_the_next(
    bridge: Bridge, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "WATCH_SECONDS", 0.05)
    client = bridge(store, **JWT)
    who = with_account(store, Role.SUPERVISOR)
    gate = client.app.state.sockets.gate  # type: ignore[attr-defined]
    still, looks = type(gate).still, []

    def fails_first(self: object, callers: object) -> object:
        looks.append(1)
        if len(looks) == 1:
            raise RuntimeError("a defect")
        return still(self, callers)

    with listening(client, LIVE, headers=bearer(who)) as socket:
        socket.receive_json()
        monkeypatch.setattr(type(gate), "still", fails_first)
        eventually(lambda: len(looks) > 1)
        with store.begin() as connection:
            connection.execute(text("UPDATE app_user SET disabled_at = now()"))
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_json()
    assert ended.value.code == 4403


def test_whoever_is_told_of_people_is_noted_first(bridge: Bridge, store: Engine) -> None:
    client = bridge(store, **JWT)
    for role in (Role.COUNSELOR, Role.ANALYST):
        headers = {**bearer(with_account(store, role)), "X-Request-ID": f"of-{role.value}"}
        assert first(client, LIVE, headers=headers)["type"] == "INITIAL_STATE"
    with store.begin() as connection:
        noted = connection.execute(text("SELECT role, action, subject, request_id FROM audit_log"))
        assert [tuple(row) for row in noted] == [("counselor", LIVE, "list", "of-counselor")]
        connection.exec_driver_sql("DROP TABLE audit_log")
    assert code_of(client, LIVE, headers=bearer(uuid.uuid4(), "admin")) == 1013


def test_in_another_log_numbers_mean_something_else(bridge: Bridge, store: Engine) -> None:
    mark = "INSERT INTO installation (kind) VALUES ('production')"
    with store.begin() as connection:
        connection.exec_driver_sql(mark)
    client = bridge(store)
    tell(store, *[EventType.ERROR] * 3)
    told = first(client, LIVE)
    place = f"{LIVE}?since={told['last_seq'] - 1}&epoch={told['epoch']}"
    assert first(client, place)["recovered"] is True
    with listening(client, LIVE) as socket:
        socket.receive_json()
        with store.begin() as connection:
            connection.exec_driver_sql("DELETE FROM installation")
            connection.exec_driver_sql(mark)
        end_other_sessions(store)
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_json()
    assert ended.value.code == 1013
    assert first(client, place)["recovered"] is False
    with listening(client, LIVE) as socket:
        socket.receive_json()
        tell(store, EventType.ERROR, note="of the new one")
        assert socket.receive_json()["payload"] == {"note": "of the new one"}


def test_what_was_missed_is_told_by_role_and_scope(bridge: Bridge, store: Engine) -> None:
    client = bridge(store, **JWT)
    last = first(client, LIVE, headers=bearer(uuid.uuid4(), "admin"))["last_seq"]
    tell(store, EventType.USER_RISK_UPDATE, EventType.CRITICAL_ALERT, user_id=SOMEBODY)
    tell(store, EventType.CLUSTERING_COMPLETE)
    scoped = with_account(store, Role.COUNSELOR, scope={uuid.uuid4()})
    for account in (scoped, with_account(store, Role.ANALYST)):
        with listening(client, f"{LIVE}?since={last}", headers=bearer(account)) as socket:
            assert socket.receive_json()["recovered"] is True
            assert socket.receive_json()["type"] == "CLUSTERING_COMPLETE"


def test_whoever_does_not_read_is_let_go_and_holds_up_nobody(
    bridge: Bridge, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = bridge(store)
    with listening(client, LIVE) as slow, listening(client, LIVE) as quick:
        for socket in (slow, quick):
            socket.receive_json()
        (frozen, _) = sorted(client.app.state.sockets.hub.clients, key=id)  # type: ignore[attr-defined]
        monkeypatch.setattr(frozen, "queue", asyncio.Queue(1))
        frozen.queue.put_nowait(Message(0, "never read", b""))
        tell(store, EventType.ERROR)
        ended = []
        for socket in (slow, quick):
            try:
                socket.receive_json()
            except WebSocketDisconnect as closed:
                ended.append(closed.code)
        assert ended == [1013]
