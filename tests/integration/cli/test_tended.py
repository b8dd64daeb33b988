"""While a command works, it brings the embedded server back; when it ends, it ends soon."""

from __future__ import annotations

import os
import signal
import time

import psycopg2
import pytest

from aura_cli import databases
from aura_cli.databases import tended
from tests.integration.cluster.conftest import playground

__all__ = ["playground"]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(databases, "TEND_SECONDS", 0.05)


def answers(playground, lease):
    try:
        return playground.query(lease, "SELECT 1") == [(1,)]
    except psycopg2.OperationalError:
        return False


def test_a_server_that_was_killed_comes_back_where_it_was(playground):
    with playground.cluster.acquire() as lease, tended(lease):
        for _ in range(2):
            # The server answers a moment before its supervisor writes down where.
            playground.eventually(playground.files.connection.exists)
            where, port = playground.connection(), lease.port
            os.kill(where["server_pid"], signal.SIGKILL)
            playground.eventually(lambda w=where: not playground.is_alive(w["server_pid"]))
            playground.eventually(lambda: answers(playground, lease))
            assert lease.port == port


def test_a_server_that_cannot_start_is_tried_again_until_it_can(playground, capsys):
    with playground.cluster.acquire() as lease, tended(lease):
        configuration = next(playground.root.glob("pg*/")) / "postgresql.conf"
        sound = configuration.read_text()
        configuration.write_text(sound + "shared_buffers = nonsense\n")
        os.kill(playground.connection()["server_pid"], signal.SIGKILL)
        heard = []

        def complained():
            heard.append(capsys.readouterr().err)
            return "".join(heard).count("embedded_server_away") >= 2

        playground.eventually(complained)
        configuration.write_text(sound)
        playground.eventually(lambda: answers(playground, lease))


def test_no_error_ends_the_tending(capsys):
    class Stumbling:
        looks = 0

        def ensure(self, **_options):
            self.looks += 1
            raise OSError("disk gone")

    lease = Stumbling()
    with tended(lease):
        deadline = time.monotonic() + 10
        while lease.looks < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert lease.looks >= 3
    said = capsys.readouterr().err
    assert said.count("embedded_server_away") >= 2
    assert "disk gone" in said


def test_the_end_does_not_wait_for_a_server_that_does_not_answer(playground):
    with playground.cluster.acquire() as lease:
        server = playground.connection()["server_pid"]
        with tended(lease):
            os.kill(server, signal.SIGSTOP)
            time.sleep(0.5)  # a look begins, which takes five seconds
            ending = time.monotonic()
        took = time.monotonic() - ending
        os.kill(server, signal.SIGCONT)
    assert took < 4
