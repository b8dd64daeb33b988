"""While a command works, it brings the embedded server back; when it ends, it ends soon."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass

import psycopg2
import pytest

from aura_cli import databases
from aura_cli.databases import tended
from aura_engine.cluster import Lease
from tests.integration.cluster.conftest import playground
from tests.patience import PATIENCE, eventually

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
            eventually(playground.files.connection.exists)
            where, port = playground.connection(), lease.port
            os.kill(where["server_pid"], signal.SIGKILL)
            eventually(lambda w=where: not playground.is_alive(w["server_pid"]))
            eventually(lambda: answers(playground, lease))
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

        eventually(complained)
        configuration.write_text(sound)
        eventually(lambda: answers(playground, lease))


def test_no_error_ends_the_tending(capsys):
    class Stumbling:
        looks = 0

        def ensure(self, **_options):
            self.looks += 1
            raise OSError("disk gone")

    lease = Stumbling()
    with tended(lease):
        eventually(lambda: lease.looks >= 3)
    said = capsys.readouterr().err
    assert said.count("embedded_server_away") >= 2
    assert "disk gone" in said


@dataclass
class Watched:
    """A lease that tells when somebody looks."""

    lease: Lease
    looked: threading.Event

    def ensure(self, timeout: float) -> None:
        self.looked.set()
        self.lease.ensure(timeout)


def test_the_end_does_not_wait_for_a_server_that_does_not_answer(playground):
    with playground.cluster.acquire() as lease:
        server = playground.connection()["server_pid"]
        former = set(threading.enumerate())
        with tended(Watched(lease, looked := threading.Event())):
            (tender,) = set(threading.enumerate()) - former
            os.kill(server, signal.SIGSTOP)
            looked.clear()
            assert looked.wait(PATIENCE)  # now it asks a server that does not answer
        assert tender.is_alive()
        os.kill(server, signal.SIGCONT)
    tender.join(PATIENCE)
    assert not tender.is_alive()
