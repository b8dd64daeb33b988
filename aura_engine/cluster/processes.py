"""Find and stop the server processes of one data directory, whoever started them."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

from aura_engine.errors import ClusterError
from aura_engine.i18n import t

FAST_STOP_SECONDS: Final = 30.0
_QUICK_STOP_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.02


def cluster_tag(data: Path) -> str:
    """Return the ``cluster_name`` of a data directory.

    PostgreSQL shows it in the title of each of its processes. Titles can be read without
    special rights, unlike the working directory of another account's process.
    """
    digest = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()
    return f"aura-{digest[:16]}"


def server_processes(data: Path) -> list[int]:
    """Return the ids of all living server processes of a data directory."""
    tag = cluster_tag(data)
    return [pid for pid, title in _titles() if tag in title and "postgres" in title]


def _titles() -> list[tuple[int, str]]:
    proc = Path("/proc/self/cmdline")
    if not proc.exists():
        listing = subprocess.run(
            ["/bin/ps", "-axo", "pid=,command="], capture_output=True, text=True, check=True
        )
        rows = (line.strip().split(maxsplit=1) for line in listing.stdout.splitlines())
        return [(int(row[0]), row[1]) for row in rows if len(row) == 2]
    titles = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                title = (entry / "cmdline").read_bytes()
            except OSError:
                continue  # it ended between the listing and the look
            titles.append((int(entry.name), title.replace(b"\0", b" ").decode(errors="replace")))
    return titles


def postmaster_pid(data: Path) -> int | None:
    """Return the process id that the data directory names as its server's, dead or alive."""
    try:
        return int((data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def discard_stale_pid_file(data: Path) -> None:
    """Remove ``postmaster.pid`` unless it names a living server.

    After a restart of the machine or container its number may belong to some other process,
    which PostgreSQL would take for a running server.
    """
    titles = dict(_titles())
    if "postgres" not in titles.get(postmaster_pid(data) or 0, ""):
        (data / "postmaster.pid").unlink(missing_ok=True)


def stop_leftovers(data: Path) -> bool:
    """Stop the server of a supervisor that is no more; the caller holds ``sup.lock``.

    Returns
    -------
    bool
        Whether there was something to stop.

    Raises
    ------
    ClusterError
        If a process outlives even a SIGKILL.
    """
    if not server_processes(data):
        return False
    postmaster = postmaster_pid(data)
    if postmaster in server_processes(data):
        _signal(postmaster, signal.SIGINT)
        if _wait_until_gone(data, FAST_STOP_SECONDS):
            return True
    for stronger in (signal.SIGQUIT, signal.SIGKILL):
        for pid in server_processes(data):
            _signal(pid, stronger)
        if _wait_until_gone(data, _QUICK_STOP_SECONDS):
            return True
    raise ClusterError(t("cluster.cannot_stop", pids=server_processes(data)))


def _signal(pid: int | None, number: signal.Signals) -> None:
    if pid is None:
        return
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _wait_until_gone(data: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while server_processes(data):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
