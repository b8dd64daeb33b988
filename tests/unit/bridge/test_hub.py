"""The hub: each message written out once, and nobody who is slow in anybody's way."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from aura_engine.store.access import Role, Viewer
from aura_engine.store.event_log import StoredEvent
from aura_engine.store.events import EventType
from ws_bridge import hub as hubs
from ws_bridge.auth import Caller
from ws_bridge.channels import Channel
from ws_bridge.hub import MOST_QUEUED, Client, CloseCode, Hub, Message
from ws_bridge.limits import RateLimit

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def event(seq: int, kind: EventType = EventType.ERROR, **more: Any) -> StoredEvent:
    of_somebody = {"is_of_somebody": False, "communities": frozenset()} | more
    return StoredEvent(seq, kind, NOW, {"n": seq}, **of_somebody)


def client(
    channel: Channel = Channel.CLUSTERING, role: Role = Role.SUPERVISOR, **scope: Any
) -> Client:
    return Client(channel, Caller(Viewer("x", role, **scope)))


def test_a_message_is_written_out_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    encoded = hubs.encoded
    monkeypatch.setattr(
        hubs, "encoded", lambda message: written.append(message["seq"]) or encoded(message)
    )

    hub = Hub()
    many = [client() for _ in range(50)] + [client(role=Role.ANALYST) for _ in range(50)]
    for one in many:
        hub.add(one)
    hub.publish([event(1), event(2)])
    assert written == [1, 2]
    assert {one.queue.qsize() for one in many} == {2}
    hub.publish([event(3, EventType.CRITICAL_ALERT, is_of_somebody=True)])
    assert [one.queue.qsize() for one in many] == [3] * 50 + [2] * 50


def test_whoever_falls_behind_is_let_go_and_nobody_else() -> None:
    hub, slow, quick = Hub(), client(), client()
    hub.add(slow)
    hub.add(quick)
    for seq in range(1, MOST_QUEUED + 6):
        hub.publish([event(seq)])
        quick.queue.get_nowait()
    assert slow.code is CloseCode.TRY_AGAIN
    assert slow.queue.qsize() == MOST_QUEUED
    assert quick.code is None


def test_a_channel_and_a_scope_have_their_events_only() -> None:
    ours, others = uuid.uuid4(), uuid.uuid4()
    alerts = client(Channel.ALERTS)
    scoped = client(role=Role.COUNSELOR, communities=frozenset({ours}))
    risk = EventType.USER_RISK_UPDATE
    for one, of, told in (
        (alerts, event(1, risk, is_of_somebody=True), False),
        (alerts, event(2, EventType.CRITICAL_ALERT, is_of_somebody=True), True),
        (alerts, event(3, EventType.DISTRIBUTION_UPDATE), False),
        (scoped, event(4, risk, is_of_somebody=True, communities=frozenset({ours})), True),
        (scoped, event(5, risk, is_of_somebody=True, communities=frozenset({others})), False),
        (scoped, event(6, risk, is_of_somebody=True), False),
        (scoped, event(7, EventType.CLUSTERING_COMPLETE), True),
        (client(role=Role.SERVICE), event(8), False),
        (client(role=Role.ANALYST), event(9, EventType.ERROR, is_of_somebody=True), False),
    ):
        assert one.wants(of) is told, of.seq


def test_what_can_be_written_at_once_is_and_never_before_what_waits() -> None:
    written: list[bytes] = []
    is_writable = [True]
    one = client()
    one.write = lambda frame: is_writable[0] and not written.append(frame)
    hub = Hub()
    hub.add(one)
    hub.publish([event(1)])  # its beginning is still to be sent
    assert (written, one.queue.qsize()) == ([], 1)
    one.queue.get_nowait()
    one.is_busy = False
    hub.publish([event(2)])
    assert written == [Message.of(event(2)).frame]
    is_writable[0] = False
    hub.publish([event(3)])
    is_writable[0] = True
    hub.publish([event(4)])
    assert [one.queue.get_nowait().seq for _ in range(2)] == [3, 4]
    one.known = 5
    hub.publish([event(5), event(6)])
    assert written[1:] == [Message.of(event(6)).frame]


def test_the_first_reason_to_close_counts() -> None:
    one = client()
    one.close(CloseCode.MAY_NOT)
    one.close(CloseCode.RESTARTS)
    assert one.code is CloseCode.MAY_NOT
    one.offer(Message.of(event(1)))
    assert one.queue.empty()


def test_a_bucket_refills_steadily_and_each_client_has_its_own() -> None:
    now = [100.0]
    limit = RateLimit(a_minute=2, clock=lambda: now[0])
    assert [limit.seconds_to_wait("a") for _ in range(3)] == [0, 0, 30]
    assert limit.seconds_to_wait("b") == 0
    now[0] += 29
    assert limit.seconds_to_wait("a") == 1
    now[0] += 1
    assert limit.seconds_to_wait("a") == 0
    now[0] += 3600
    assert [limit.seconds_to_wait("a") for _ in range(3)] == [0, 0, 30]  # no more than the bucket
