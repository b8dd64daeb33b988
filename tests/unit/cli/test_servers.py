"""A demo's servers: what they said stays readable until the next demo."""

from __future__ import annotations

import os
import stat
from types import SimpleNamespace

import pytest

from aura_cli import servers
from aura_cli.servers import Server, running
from tests.patience import eventually

NO_VERB = "no-such-verb"
"""A server of this name says so and ends."""


def ended(server: Server) -> None:
    eventually(server.has_died)


def test_a_server_that_starts_again_keeps_what_it_said_when_it_died(tmp_path):
    server = Server(NO_VERB, tmp_path / "logs" / "a.log", os.environ)
    server.start()
    ended(server)
    assert server.last_words().count(NO_VERB) == 1
    server.start()
    ended(server)
    assert server.last_words().count(NO_VERB) == 2
    assert stat.S_IMODE(server.log.stat().st_mode) == 0o600


def test_each_demo_begins_its_logs_anew(tmp_path):
    (tmp_path / f"{NO_VERB}.log").write_text("of yesterday")
    with running([NO_VERB], tmp_path) as (server,):
        ended(server)
        assert NO_VERB in server.last_words()
        assert "of yesterday" not in server.last_words()


def test_who_keeps_dying_is_started_again_after_ever_longer_pauses(tmp_path, monkeypatch):
    now = [1_000.0]
    monkeypatch.setattr(servers, "time", SimpleNamespace(monotonic=lambda: now[0]))
    server = Server(NO_VERB, tmp_path / "a.log", os.environ)
    told: list[str] = []
    pauses = []
    for _ in range(7):
        server.start()
        server._process.wait()
        server.tend(told.append)
        pauses.append(server._due - now[0])
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert all(str(server.log) in words for words in told)
    server.tend(pytest.fail)
    assert server.has_died()  # the pause is not over
