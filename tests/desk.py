"""An installation with its processes, started one by one: pages, bridge, scheduler."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from sqlalchemy import Engine

from aura_engine.store.connect import connect_store
from tests.installation import SEED, Installation, temporary_installation
from tests.patience import PATIENCE, eventually

PEOPLE = 120
SERVERS = ("scheduler", "bridge", "ui")


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@dataclass
class Desk:
    """A demo's data and the processes that serve them."""

    installation: Installation
    store: Engine
    ui_port: int
    bridge_port: int
    processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    @property
    def pages(self) -> str:
        return f"http://127.0.0.1:{self.ui_port}"

    @property
    def bridge(self) -> str:
        return f"http://127.0.0.1:{self.bridge_port}"

    def variables(self) -> dict[str, str]:
        return {
            "AURA_EMBEDDED": "1",
            "AURA_UI_PORT": str(self.ui_port),
            "SERVICE_PORT": str(self.bridge_port),
        }

    def start(self, name: str) -> None:
        """Start one server and wait until it answers."""
        log = (self.installation.data_dir / f"{name}.log").open("a")
        with log:
            self.processes[name] = self.installation.start(name, output=log, **self.variables())
        self.await_up(name)

    @contextmanager
    def another(self, name: str, *, port: int | None = None, **variables: str) -> Iterator[str]:
        """Run pages or bridge a second time, on a port of their own; yield the address.

        Parameters
        ----------
        name : str
            ``ui`` or ``bridge``.
        port : int, optional
            Where; any free one when not given.
        **variables : str
            Settings that differ from the first one's.
        """
        port = free_ports(1)[0] if port is None else port
        ours = {"AURA_UI_PORT" if name == "ui" else "SERVICE_PORT": str(port)} | variables
        with (self.installation.data_dir / f"another-{name}.log").open("a") as log:
            process = self.installation.start(name, output=log, **self.variables() | ours)
        try:
            health = "/_stcore/health" if name == "ui" else "/health"
            eventually(lambda: answers(f"http://127.0.0.1:{port}{health}"))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=PATIENCE)

    def await_up(self, name: str) -> None:
        address = {"ui": f"{self.pages}/_stcore/health", "bridge": f"{self.bridge}/health"}
        if name in address:
            eventually(lambda: answers(address[name]))
        else:
            eventually(lambda: "scheduler" not in self.degraded())

    def degraded(self) -> list[str]:
        """Return the parts that the bridge says are missing."""
        health = httpx2.get(f"{self.bridge}/health", timeout=PATIENCE).json()
        return [missing["part"] for missing in health.get("degraded", [])]

    def data(self) -> dict[str, Any]:
        """Return which data are in view, as the bridge says."""
        found: dict[str, Any] = httpx2.get(f"{self.bridge}/health", timeout=PATIENCE).json()["data"]
        return found

    def get(self, path: str, **query: Any) -> Any:
        """Return what the bridge answers."""
        answer = httpx2.get(f"{self.bridge}{path}", params=query, timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json()

    def kill(self, name: str) -> None:
        """Kill one server without a word."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def stop(self) -> None:
        """End all servers as Ctrl-C or a service manager would."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for name, process in self.processes.items():
            assert process.wait(timeout=PATIENCE) is not None, name


def answers(address: str) -> bool:
    """Tell whether a server answers with success."""
    try:
        return httpx2.get(address, timeout=10).status_code == 200
    except httpx2.TransportError:
        return False


@contextmanager
def open_desk(people: int = PEOPLE, *, is_short: bool = False) -> Iterator[Desk]:
    """Make a demo's data, perhaps of a few weeks only, and start its three servers."""
    with temporary_installation() as installation:
        if is_short:
            installation.plan_a_short_demo(people, days=20, nights=8)
        made = installation.run("demo", "--once", "--users", str(people), "--seed", str(SEED))
        assert made.returncode == 0, made.stderr[-2000:]
        with installation.site.cluster.acquire() as lease:
            store = connect_store(installation.site.urls(lease).analytics)
            desk = Desk(installation, store, *free_ports(2))
            try:
                for name in ("bridge", "ui", "scheduler"):
                    desk.start(name)
                yield desk
            finally:
                store.dispose()
                desk.stop()
