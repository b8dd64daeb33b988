"""Roots of their own for the tests that kill servers, and client processes to kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from aura_engine.cluster import EmbeddedCluster, Lease, Purpose
from aura_engine.cluster.files import ClusterFiles
from aura_engine.cluster.processes import server_processes

PROJECT = Path(__file__).resolve().parents[3]
LINGER = 0.3


@dataclass
class Playground:
    """A cluster root that a test may break in any way it likes."""

    root: Path
    purpose: Purpose = "test"
    clients: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def cluster(self) -> EmbeddedCluster:
        return EmbeddedCluster(self.root, self.purpose, linger=LINGER)

    @property
    def files(self) -> ClusterFiles:
        return ClusterFiles(self.root)

    def connection(self) -> dict[str, Any]:
        return json.loads(self.files.connection.read_text())

    def servers(self) -> list[int]:
        """Process ids of all server processes of this root."""
        return [pid for data in self.root.glob("pg*/") for pid in server_processes(data)]

    def client(self, verb: str) -> subprocess.Popen[str]:
        started = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("client.py"), self.root, verb, str(LINGER)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(PROJECT)},
        )
        self.clients.append(started)
        return started

    @staticmethod
    def query(lease: Lease, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        url = lease.url(database)
        link = psycopg2.connect(
            host=url.host,
            port=url.port,
            user=url.username,
            password=url.password,
            dbname=url.database,
        )
        link.autocommit = True
        try:
            with link.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            link.close()

    @staticmethod
    def is_alive(pid: int) -> bool:
        """Tell whether a process runs; one that only waits to be reaped does not."""
        if Path("/proc/self/stat").exists():
            try:
                told = Path(f"/proc/{pid}/stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                return False
            return told.rsplit(")", 1)[1].split()[0] != "Z"
        listing = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return listing.stdout.strip() != "" and not listing.stdout.startswith("Z")

    def close(self) -> None:
        for client in self.clients:
            client.kill()
            client.wait()
            client.stdout.close()
        self.cluster.destroy()
        assert not self.root.exists()


@pytest.fixture
def playground(reachable_path: Path) -> Iterator[Playground]:
    place = Playground(reachable_path / "cluster")
    yield place
    place.close()
