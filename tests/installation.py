"""An installation of its own in a temporary directory, and the commands that use it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from sqlalchemy import create_engine, text

from aura_engine.cluster import EmbeddedCluster
from aura_engine.demo.plan import REPLAYED_NIGHTS, DemoPlan
from aura_engine.demo.site import ANALYTICS, DemoSite
from aura_engine.pipeline.context import utc_now
from aura_engine.settings import Settings, documented_variables
from tests.conftest import reachable_directory
from tests.patience import PATIENCE, eventually

ROOT = Path(__file__).resolve().parents[1]
SEED = 5


@dataclass(frozen=True)
class Installation:
    """A data directory and the commands that use it."""

    data_dir: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

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
        process = subprocess.Popen(
            [sys.executable, "-m", "aura_cli", *arguments],
            cwd="/",
            env=self.environment(**variables),
            stdout=output or subprocess.PIPE,
            stderr=subprocess.STDOUT if output else subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **variables)
        output, errors = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def plan_a_short_demo(self, users: int, *, days: int, nights: int) -> None:
        """Plan a demo of a shorter history than usual, which is read sooner.

        Parameters
        ----------
        users : int
            People who are scored.
        days : int
            Of history before the first night.
        nights : int
            That are gone through.
        """
        usual = DemoPlan.new(users, SEED, now=utc_now(), zone=Settings.load({}).zone)
        first_night = usual.first_night + timedelta(days=REPLAYED_NIGHTS - nights)
        short = replace(usual, epoch=first_night - timedelta(days=days), first_night=first_night)
        self.site.plan_file.parent.mkdir(parents=True)
        short.write(self.site.plan_file)

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

    def kill_commands(self) -> None:
        """Kill what a failed test left running."""
        for process in self.started:
            kill(process)

    def wait_until_stopped(self) -> None:
        eventually(lambda: not self.servers())


def last_line(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert result.returncode == 0, result.stderr[-4000:]
    figures: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return figures


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a command, unless it has ended, and close its pipes."""
    with process:
        process.kill()


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
            clean_up.callback(made.wait_until_stopped)
            made.kill_commands()
