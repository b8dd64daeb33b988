"""A server in a process of its own, over a benchmark's analytics database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2

from aura_engine.cluster import Lease
from aura_engine.settings import documented_variables
from benchmarks.site import site_below

_PATIENCE: Final = 120.0
_LOOK_SECONDS: Final = 0.1
_OF: Final = {"bridge": ("SERVICE_PORT", "/health"), "ui": ("AURA_UI_PORT", "/_stcore/health")}
"""Setting of the port, and an address that answers once all is up."""


@dataclass(frozen=True)
class Server:
    """Where a server answers.

    Attributes
    ----------
    port : int
        At 127.0.0.1.
    pid : int
        Of its process.
    """

    port: int
    pid: int

    @property
    def address(self) -> str:
        """Of its HTTP calls."""
        return f"http://127.0.0.1:{self.port}"

    def rss_mb(self) -> float:
        """Return the resident memory of its process in MiB (Linux)."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def served(directory: Path, lease: Lease, verb: str = "bridge") -> Iterator[Server]:
    """Start bridge or pages and wait until they answer; they end with the block.

    Parameters
    ----------
    directory : Path
        Of `benchmarks.site.temporary_site`.
    lease : Lease
        A hold on its server.
    verb : {'bridge', 'ui'}
        What to start.
    """
    port_name, health = _OF[verb]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    environment = {k: v for k, v in os.environ.items() if k not in documented_variables()}
    for name, url in vars(site_below(directory).urls(lease)).items():
        environment[f"DATABASE_URL_{name.upper()}"] = url.render_as_string(hide_password=False)
    environment |= {
        "AURA_DATA_DIR": str(directory),
        "AURA_ENV_FILE": os.devnull,
        port_name: str(port),
        "AURA_LOG_LEVEL": "warning",
    }
    with (directory / f"{verb}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "aura_cli", verb],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        answers = Server(port, process.pid)
        _await(f"{answers.address}{health}", process, directory / f"{verb}.log")
        yield answers
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx2.get(address).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(_LOOK_SECONDS)
    raise RuntimeError(f"it did not answer: {log.read_text()[-2000:]}")
