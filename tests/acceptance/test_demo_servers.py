"""``./aura demo``: its processes together, killed in turn, stopped cleanly, started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from aura_engine.sources import Source
from tests.desk import free_ports
from tests.installation import Installation, temporary_installation
from tests.patience import PATIENCE, eventually

PEOPLE = 100
SMALL = ("demo", "--users", str(PEOPLE), "--seed", "5")
RUNS = "SELECT count(*) FROM pipeline_run WHERE requested_by = 'demo'"
VERBS = ("scheduler", "bridge", "ui", "trickle")
LOGGED = "SELECT count(*) FROM aura_cdc.change_log WHERE user_ref IS NOT NULL"


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """One for all tests here: each leaves a demo that the next can go on with."""
    with temporary_installation() as made:
        made.plan_a_short_demo(PEOPLE, days=8, nights=4)
        yield made


def start(installation: Installation, *arguments: str) -> tuple[subprocess.Popen[str], str, str]:
    ui, bridge = free_ports(2)
    with (installation.data_dir / "demo.log").open("w") as log:
        process = installation.start(
            *arguments, output=log, AURA_UI_PORT=str(ui), SERVICE_PORT=str(bridge)
        )
    return process, f"http://127.0.0.1:{ui}", f"http://127.0.0.1:{bridge}"


def said(installation: Installation) -> str:
    return (installation.data_dir / "demo.log").read_text()


def await_ready(installation: Installation, process: subprocess.Popen[str]) -> None:
    eventually(lambda: "Todo en marcha" in said(installation) or process.poll() is not None)
    assert process.poll() is None, said(installation)


def pid_of(verb: str, parent: int) -> int | None:
    """Return the process that serves a verb for a demo."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
                status = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(status[1]) == parent and command[-2:-1] == [verb.encode()]:
                return int(entry.name)
    return None


def health(bridge: str) -> dict | None:
    try:
        answer = httpx2.get(f"{bridge}/health", timeout=10)
    except httpx2.TransportError:
        return None
    return answer.json() if answer.status_code == 200 else None


def is_healthy(bridge: str) -> bool:
    found = health(bridge)
    return found is not None and found["status"] == "healthy"


def changes_logged(installation: Installation) -> list[int]:
    return [installation.ask(LOGGED, database=source.database) for source in Source]


def answers(address: str) -> bool:
    try:
        return httpx2.get(address, timeout=10).status_code == 200
    except httpx2.TransportError:
        return False


def test_the_demo_serves_heals_stops_and_starts_again(installation: Installation) -> None:
    process, pages, bridge = start(installation, *SMALL)
    try:
        await_ready(installation, process)
        for address in (pages, bridge, f"{bridge}/docs"):
            assert address in said(installation)
            assert answers(address)
        eventually(lambda: is_healthy(bridge))
        assert health(bridge)["demo"] is True

        for verb in VERBS:
            killed = eventually(lambda verb=verb: pid_of(verb, process.pid))
            os.kill(killed, signal.SIGKILL)
            eventually(lambda v=verb, k=killed: pid_of(v, process.pid) not in (None, k))
            eventually(lambda: is_healthy(bridge) and answers(f"{pages}/_stcore/health"))
        eventually(lambda: any(changes_logged(installation)))
        log = (installation.data_dir / "logs" / "ui.log").read_text()
        assert log.count("server started") >= 2  # what a killed server said is still there
        assert len(re.findall(r"terminó \(código -9\)", said(installation))) == len(VERBS)

        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) == 0
        assert "deteniendo" in said(installation)
        assert not any(pid_of(verb, process.pid) for verb in VERBS)
        assert health(bridge) is None
        assert "Traceback" not in said(installation)

        before = installation.ask(RUNS)
        process, pages, bridge = start(installation, "demo", "--no-trickle")
        await_ready(installation, process)
        assert pid_of("trickle", process.pid) is None
        assert "--no-trickle" not in said(installation)
        assert installation.ask(RUNS) == before + 1  # no history to make again
        assert health(bridge)["data"]["run_id"] > before
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)


def test_servers_end_with_a_demo_that_was_killed(installation: Installation) -> None:
    process, _, bridge = start(installation, *SMALL)  # goes on with what the test before made
    await_ready(installation, process)
    pids = [eventually(lambda verb=verb: pid_of(verb, process.pid)) for verb in VERBS]
    process.kill()
    process.wait()
    eventually(lambda: health(bridge) is None)
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def test_a_taken_port_is_named_before_minutes_are_spent(undisturbed: Installation) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = undisturbed.run(*SMALL, SERVICE_PORT=port)
    assert refused.returncode == 1
    assert "SERVICE_PORT" in refused.stderr
    assert not (undisturbed.data_dir / "cluster").exists()
