"""An installation of its own in a temporary directory, and the commands that use it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import create_engine, text

from aura_engine.cluster import EmbeddedCluster
from aura_engine.demo.site import ANALYTICS, DemoSite
from aura_engine.settings import documented_variables
from tests.conftest import reachable_directory

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Installation:
    """A data directory and the commands that use it."""

    data_dir: Path

    @property
    def site(self) -> DemoSite:
        return DemoSite.at(self.data_dir, self.data_dir / "cluster")

    def environment(self, **variables: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in documented_variables()}
        ours = {
            "AURA_DATA_DIR": str(self.data_dir),
            "AURA_ENV_FILE": os.devnull,
            "PYTHONPATH": str(ROOT),
        }
        return kept | ours | variables

    def start(
        self, *arguments: str, output: IO[str] | None = None, **variables: str
    ) -> subprocess.Popen[str]:
        """Start a verb; what it says goes to a file, or to pipes of the process."""
        return subprocess.Popen(
            [sys.executable, "-m", "aura_cli", *arguments],
            cwd="/",
            env=self.environment(**variables),
            stdout=output or subprocess.PIPE,
            stderr=subprocess.STDOUT if output else subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **variables)
        output, errors = process.communicate(timeout=300)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def ask(self, question: str, database: str = ANALYTICS) -> Any:
        with self.site.cluster.acquire() as lease:
            engine = create_engine(lease.url(database))
            with engine.connect() as connection:
                answer = connection.scalar(text(question))
            engine.dispose()
        return answer

    def servers(self) -> list[int]:
        """Return the processes of this installation's PostgreSQL and of its supervisor."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    command = (entry / "cmdline").read_bytes().decode(errors="replace")
                except OSError:
                    continue
                if str(self.data_dir) in command and str(os.getpid()) != entry.name:
                    found.append(int(entry.name))
        return found

    def kill_servers(self) -> None:
        for process in self.servers():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def wait_until_stopped(self, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while self.servers():
            assert time.monotonic() < deadline, f"still running: {self.servers()}"
            time.sleep(0.1)


def last_line(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert result.returncode == 0, result.stderr[-4000:]
    figures: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return figures


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


@contextmanager
def temporary_installation() -> Iterator[Installation]:
    made = Installation(reachable_directory("aura-acceptance-"))
    try:
        yield made
    finally:
        with ExitStack() as clean_up:
            clean_up.callback(shutil.rmtree, made.data_dir, ignore_errors=True)
            clean_up.callback(EmbeddedCluster(made.data_dir / "cluster").destroy)
            clean_up.callback(made.kill_servers)  # none, unless the wait was in vain
            made.wait_until_stopped()
