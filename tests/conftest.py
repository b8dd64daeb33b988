"""Shared fixtures: one real PostgreSQL for the whole test run, a database per test."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sqlalchemy import URL

from aura_engine.cluster import (
    EmbeddedCluster,
    Lease,
    clone_database,
    create_database,
    drop_database,
)
from aura_engine.errors import ClusterError

if TYPE_CHECKING:
    from tests.workers import ModuleScheduling

DatabaseFactory = Callable[..., URL]
ROOM = 6 << 30
"""Bytes that must be free in memory: some databases of tests are of a hundred thousand people."""

# How long an example takes says how busy the machine is, and nothing of what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ModuleScheduling | None:
    """Say how ``--dist=loadgroup`` groups the tests."""
    from tests.workers import ModuleScheduling

    if config.getvalue("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False  # by the number of tests, which says little
    return ModuleScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let several workers begin with what takes longest."""
    if config.pluginmanager.hasplugin("xdist"):
        from tests.workers import place

        items.sort(key=lambda item: place(item.nodeid))


def server_room() -> Path:
    """Where servers of tests live: in memory if there is enough, since a database per test means
    hundreds of files made and removed, for which a disk takes longer than the test."""
    memory = Path("/dev/shm")  # noqa: S108
    fits = memory.is_dir() and os.access(memory, os.W_OK)
    return memory if fits and shutil.disk_usage(memory).free >= ROOM else Path("/tmp")  # noqa: S108


def reachable_directory(prefix: str = "aura-test-") -> Path:
    """Make a directory that the server's account can reach, which pytest's ``tmp_path`` is not."""
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=server_room()))
    path.chmod(0o711)
    return path


@pytest.fixture
def reachable_path() -> Iterator[Path]:
    """A new directory that root's server may live in; removed when it is empty again."""
    path = reachable_directory()
    yield path
    path.rmdir()


@pytest.fixture(scope="session")
def cluster() -> Iterator[EmbeddedCluster]:
    """The embedded cluster of this test run, shared by all workers of pytest-xdist."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    shared = server_room() / f"aura-test-run-{os.geteuid()}-{run}"
    root = shared if run else reachable_directory() / "cluster"
    embedded = EmbeddedCluster(root, "test")
    yield embedded
    # Of several workers the last one finds nobody left and removes it.
    with contextlib.suppress(ClusterError) if run else contextlib.nullcontext():
        embedded.destroy()
        if not run:
            root.parent.rmdir()


@pytest.fixture(scope="session")
def lease(cluster: EmbeddedCluster) -> Iterator[Lease]:
    """A hold on the test run's server: ``lease.url(database, role)``."""
    with cluster.acquire() as held:
        yield held


@pytest.fixture
def database_factory(lease: Lease) -> Iterator[DatabaseFactory]:
    """Make databases of this test's own: ``database_factory(template=None, role=None) -> URL``.

    ``template`` is the name of a database to copy (see ``ensure_template``), to which nobody may
    be connected. Dispose engines before the test ends: what is still connected is cut off.
    """
    made: list[str] = []

    def make(template: str | None = None, role: str | None = None) -> URL:
        name = f"t_{secrets.token_hex(8)}"
        made.append(name)
        if template is None:
            create_database(lease, name)
        else:
            clone_database(lease, template, name)
        return lease.url(name, role)

    yield make
    for name in made:
        drop_database(lease, name)
