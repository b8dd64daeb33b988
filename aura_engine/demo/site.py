"""The demo's own databases: made, marked, and removed with ``--reset``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Engine, create_engine, text

from aura_engine.cluster import EmbeddedCluster, Lease, Purpose, create_database, create_role
from aura_engine.cluster.locks import FileLock
from aura_engine.demo.ddl import create_schema
from aura_engine.errors import DemoError
from aura_engine.i18n import t
from aura_engine.settings import DatabaseUrls, IdentityUrls
from aura_engine.sources import Source
from aura_engine.sources.roles import (
    IDENTITY_ROLE,
    IDENTITY_SOURCES,
    READER_ROLE,
    install_identity_reader,
    install_reader,
)
from aura_engine.store import migrate
from aura_engine.store.connect import connect_store

ANALYTICS: Final = "aura_data_miner"
MINER_ROLE: Final = "aura_miner"
"""Owner of the analytics database, the only role of ours that writes there."""
SERVICE_ROLE: Final = "aura_service"
"""Owner of the sources, as the live services are; the demo's people write through it."""


class DemoSite:
    """Where demo data live: an embedded cluster and a few files beside it.

    Parameters
    ----------
    directory : Path
        Holds the plan and the planted truth.
    cluster : EmbeddedCluster
        Holds the databases.
    """

    def __init__(self, directory: Path, cluster: EmbeddedCluster) -> None:
        self.directory = directory
        self.cluster = cluster

    @classmethod
    def at(cls, data_dir: Path, cluster_dir: Path, purpose: Purpose = "demo") -> DemoSite:
        """Describe the site below a data directory; nothing is made yet.

        Parameters
        ----------
        data_dir : Path
            Holds the plan and the truth, in a directory of their own.
        cluster_dir : Path
            Data root of the cluster.
        purpose : Purpose
            What the cluster is marked for.
        """
        return cls(data_dir / "demo", EmbeddedCluster(cluster_dir, purpose))

    @property
    def plan_file(self) -> Path:
        """Where the plan of the data is kept."""
        return self.directory / "plan.json"

    @property
    def truth_file(self) -> Path:
        """Where the planted truth is kept, outside all databases."""
        return self.directory / "truth.csv"

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Keep other processes from making or removing these data meanwhile.

        Raises
        ------
        DemoError
            If another process does so now.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.directory / "demo.lock")
        if not lock.acquire(timeout=1.0):
            raise DemoError(t("demo.busy"))
        try:
            yield
        finally:
            lock.release()

    def reset(self) -> None:
        """Remove all demo data; killed in the middle, it can be called again."""
        self.cluster.destroy()
        self.truth_file.unlink(missing_ok=True)
        self.plan_file.unlink(missing_ok=True)

    def provision(self, lease: Lease) -> None:
        """Make roles, databases, source schemas and grants that are not there yet."""
        for role in (MINER_ROLE, SERVICE_ROLE, READER_ROLE, IDENTITY_ROLE):
            create_role(lease, role)
        create_database(lease, ANALYTICS, owner=MINER_ROLE)
        for source in Source:
            create_database(lease, source.database, owner=SERVICE_ROLE)
            with self._as(lease.url(source.database, SERVICE_ROLE)) as service:
                _create_schema_once(service, source)
            with self._as(lease.url(source.database)) as owner:
                install_reader(owner, source)
                if source in IDENTITY_SOURCES:
                    install_identity_reader(owner, source)
        store = connect_store(lease.url(ANALYTICS, MINER_ROLE))
        try:
            migrate.upgrade(store)
        finally:
            store.dispose()

    def urls(self, lease: Lease) -> DatabaseUrls:
        """Return the addresses that runs use: sources read only, our database with its owner."""
        return DatabaseUrls(
            analytics=lease.url(ANALYTICS, MINER_ROLE),
            auth=lease.url(Source.AUTH.database, READER_ROLE),
            social=lease.url(Source.SOCIAL.database, READER_ROLE),
            messaging=lease.url(Source.MESSAGING.database, READER_ROLE),
        )

    def identity_urls(self, lease: Lease) -> IdentityUrls | None:
        """Return the addresses that reveal an identity; None before `provision` made their role."""
        if not lease.knows(IDENTITY_ROLE):
            return None
        return IdentityUrls(
            auth=lease.url(Source.AUTH.database, IDENTITY_ROLE),
            social=lease.url(Source.SOCIAL.database, IDENTITY_ROLE),
        )

    @contextmanager
    def service(self, lease: Lease) -> Iterator[dict[Source, Engine]]:
        """Yield engines that write the sources as the live services do."""
        engines = {
            source: create_engine(
                lease.url(source.database, SERVICE_ROLE), hide_parameters=True, pool_pre_ping=True
            )
            for source in Source
        }
        try:
            yield engines
        finally:
            for engine in engines.values():
                engine.dispose()

    @contextmanager
    def _as(self, url: URL) -> Iterator[Engine]:
        engine = create_engine(url, hide_parameters=True)
        try:
            yield engine
        finally:
            engine.dispose()


def _create_schema_once(service: Engine, source: Source) -> None:
    """Create a source's tables, all or none, unless they are there."""
    with service.begin() as connection:
        if connection.scalar(text("SELECT to_regclass('public.users') IS NULL")) and (
            connection.scalar(text("SELECT to_regclass('public.user_profiles') IS NULL"))
        ):
            create_schema(connection, source)
