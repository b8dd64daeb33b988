"""The server lives exactly as long as somebody holds it, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor, wait

import psycopg2
import pytest

from aura_engine.cluster.files import read_json
from aura_engine.cluster.locks import FileLock
from aura_engine.errors import ClusterError
from tests.patience import PATIENCE, eventually


def test_killed_clients_leave_no_server_after_the_linger_time(playground):
    clients = [playground.client("hold") for _ in range(3)]
    ports = {client.stdout.readline() for client in clients}
    assert len(ports) == 1
    where = playground.connection()
    started = playground.servers()
    assert where["server_pid"] in started
    for client in clients[:2]:
        client.kill()
    time.sleep(0.8)
    assert playground.is_alive(where["server_pid"]), "the third client still holds the server"
    clients[2].kill()
    eventually(lambda: not playground.is_alive(where["supervisor_pid"]))
    assert playground.servers() == []
    assert not any(playground.is_alive(pid) for pid in started)
    assert not playground.files.connection.exists()


def test_a_killed_supervisor_takes_its_server_down_and_the_data_stay(playground):
    with playground.cluster.acquire() as lease:
        playground.query(lease, "CREATE TABLE kept AS SELECT 42 AS answer")
        where = playground.connection()
        os.kill(where["supervisor_pid"], signal.SIGKILL)
        eventually(lambda: not playground.is_alive(where["server_pid"]))
        assert playground.servers() == []
    with playground.cluster.acquire() as lease:
        assert playground.query(lease, "SELECT answer FROM kept") == [(42,)]
        assert playground.connection()["server_pid"] != where["server_pid"]


def test_ensure_heals_after_the_server_was_killed_and_keeps_its_port(playground):
    with playground.cluster.acquire() as lease:
        playground.query(lease, "CREATE TABLE kept AS SELECT 42 AS answer")
        where, port = playground.connection(), lease.port
        os.kill(where["server_pid"], signal.SIGKILL)
        with pytest.raises(psycopg2.OperationalError):
            playground.query(lease, "SELECT 1")
        lease.ensure()
        assert lease.port == port
        assert playground.query(lease, "SELECT answer FROM kept") == [(42,)]
        assert not playground.is_alive(where["supervisor_pid"])


def test_a_release_ends_an_ensure_that_waits_in_another_thread(playground):
    lease = playground.cluster.acquire()
    os.kill(playground.connection()["server_pid"], signal.SIGKILL)
    with FileLock(playground.files.start_lock) as busy, ThreadPoolExecutor(1) as threads:
        eventually(busy.acquire)
        waiting = threads.submit(lease.ensure)
        assert not wait([waiting], timeout=0.3).done
        lease.release()
        assert isinstance(waiting.exception(timeout=PATIENCE), ClusterError)
    with FileLock(playground.files.lease_lock) as probe:
        eventually(probe.acquire)


def test_ensure_leaves_a_healthy_server_alone(playground):
    with playground.cluster.acquire() as lease:
        where = playground.connection()
        lease.ensure()
        assert playground.connection() == where


def test_eight_processes_that_start_together_share_one_server(playground):
    clients = [playground.client("visit") for _ in range(8)]
    answers = {client.stdout.readline() for client in clients}
    assert [client.wait() for client in clients] == [0] * 8
    assert len(answers) == 1
    assert next(iter(answers)).startswith("started")


def test_a_supervisor_killed_during_initdb_is_no_obstacle(playground):
    client = playground.client("hold")
    eventually(lambda: list(playground.root.glob(".init-*/PG_VERSION")))
    os.kill(read_json(playground.files.supervisor_pid)["pid"], signal.SIGKILL)
    client.kill()
    assert not list(playground.root.glob("pg*/")), "no half-made data under the final name"
    with playground.cluster.acquire() as lease:
        assert playground.query(lease, "SELECT 1") == [(1,)]
        assert list(playground.root.glob(".init-*")) == []


def test_a_client_starts_a_new_supervisor_when_the_first_is_killed_meanwhile(playground):
    client = playground.client("hold")
    eventually(lambda: list(playground.root.glob(".init-*/PG_VERSION")))
    os.kill(read_json(playground.files.supervisor_pid)["pid"], signal.SIGKILL)
    assert client.stdout.readline().startswith("held")


def test_the_lease_is_not_kept_by_a_forked_child_that_never_uses_it(playground):
    client = playground.client("fork_and_die")
    child = int(client.stdout.readline().split()[1])
    try:
        where = playground.connection()
        eventually(lambda: not playground.is_alive(where["supervisor_pid"]))
        assert playground.is_alive(child)
        assert playground.servers() == []
    finally:
        os.kill(child, signal.SIGKILL)


def test_the_server_is_not_kept_by_a_program_that_a_client_runs(playground):
    with playground.cluster.acquire():
        where = playground.connection()
        sleeper = subprocess.Popen(["sleep", "600"], close_fds=False)
    try:
        eventually(lambda: not playground.is_alive(where["supervisor_pid"]))
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_forked_child_takes_a_lease_of_its_own_with_ensure(playground):
    lease = playground.cluster.acquire()
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        lease.ensure()
        os.write(tell, b"x")
        time.sleep(600)
        os._exit(0)
    try:
        assert os.read(told, 1) == b"x"
        where = playground.connection()
        lease.release()
        time.sleep(0.8)
        assert playground.is_alive(where["server_pid"])
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(told)
        os.close(tell)
    eventually(lambda: not playground.is_alive(where["server_pid"]))


def test_a_released_lease_refuses_to_start_a_server(playground):
    lease = playground.cluster.acquire()
    lease.release()
    with pytest.raises(ClusterError, match=r"EmbeddedCluster\.acquire"):
        lease.ensure()


def test_a_client_that_comes_while_the_server_stops_gets_a_new_one(playground):
    for _ in range(2):
        with playground.cluster.acquire() as lease:
            assert playground.query(lease, "SELECT 1") == [(1,)]
            where = playground.connection()
        eventually(lambda: not playground.files.connection.exists())
        with playground.cluster.acquire():
            assert playground.connection()["server_pid"] != where["server_pid"]
