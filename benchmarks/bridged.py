"""A bridge in a process of its own, over a benchmark's analytics database."""

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


@dataclass(frozen=True)
class Bridged:
    """Where a bridge answers.

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
def bridged(directory: Path, lease: Lease) -> Iterator[Bridged]:
    """Start a bridge and wait until it answers; it ends with the block.

    Parameters
    ----------
    directory : Path
        Of `benchmarks.site.temporary_site`.
    lease : Lease
        A hold on its server.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    environment = {k: v for k, v in os.environ.items() if k not in documented_variables()}
    for name, url in vars(site_below(directory).urls(lease)).items():
        environment[f"DATABASE_URL_{name.upper()}"] = url.render_as_string(hide_password=False)
    environment |= {
        "AURA_DATA_DIR": str(directory),
        "AURA_ENV_FILE": os.devnull,
        "SERVICE_PORT": str(port),
        "AURA_LOG_LEVEL": "warning",
    }
    with (directory / "bridge.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "aura_cli", "bridge"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        answers = Bridged(port, process.pid)
        _await(answers, process, directory / "bridge.log")
        yield answers
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _await(bridge: Bridged, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx2.get(f"{bridge.address}/health").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(_LOOK_SECONDS)
    raise RuntimeError(f"the bridge did not answer: {log.read_text()[-2000:]}")
