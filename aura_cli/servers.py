"""The demo's servers: started together, started again when they die, stopped together."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from aura_cli.orphan import VARIABLE
from aura_engine.errors import DemoError
from aura_engine.i18n import t

STOP_SECONDS: Final = 15.0
"""How long a server gets to end by itself."""
LONGEST_PAUSE: Final = 30.0
"""Between two starts of a server that keeps dying; the pause doubles from one second."""
STEADY_SECONDS: Final = 60.0
"""A server that lived this long starts again without a pause."""


@dataclass
class Server:
    """One of our verbs as a process of its own.

    Parameters
    ----------
    name : str
        The verb.
    log : Path
        Where its output goes.
    environment : mapping
        Its variables.
    """

    name: str
    log: Path
    environment: Mapping[str, str] = field(repr=False)
    _process: subprocess.Popen[bytes] | None = None
    _started: float = 0.0
    _pause: float = 0.0
    _due: float = 0.0

    def start(self) -> None:
        """Start the process; what it says is added to its log."""
        with self._open_log() as output:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "aura_cli", self.name],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                start_new_session=True,  # Ctrl-C reaches the demo, which ends them in order
            )
        self._started = time.monotonic()

    def tend(self, tell: Callable[[str], None]) -> None:
        """Start the process again if it is gone, and say so."""
        if self._process is None:
            if time.monotonic() >= self._due:
                self.start()
            return
        code = self._process.poll()
        if code is None:
            return
        lived = time.monotonic() - self._started
        self._pause = 0.0 if lived > STEADY_SECONDS else min(LONGEST_PAUSE, self._pause * 2 or 1.0)
        self._due = time.monotonic() + self._pause
        self._process = None
        tell(t("cli.server_ended", name=self.name, code=code, log=self.log))

    def ask_to_end(self) -> None:
        """Send SIGTERM, if it lives."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self, timeout: float) -> None:
        """Wait for the end, and force it when the time is over."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, timeout))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def has_died(self) -> bool:
        """Tell whether it was started and is gone."""
        return self._process is None or self._process.poll() is not None

    def last_words(self, size: int = 2_000) -> str:
        """Return the end of its log."""
        try:
            return self.log.read_text(encoding="utf-8", errors="replace")[-size:].strip()
        except OSError:
            return ""

    def _open_log(self) -> IO[bytes]:
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


@contextmanager
def running(names: Sequence[str], logs: Path) -> Iterator[list[Server]]:
    """Start servers, and stop all of them at the end, whatever happens meanwhile."""
    environment = os.environ | {"AURA_EMBEDDED": "1", VARIABLE: str(os.getpid())}
    servers = [Server(name, logs / f"{name}.log", environment) for name in names]
    try:
        for server in servers:
            server.log.unlink(missing_ok=True)  # each demo begins its logs anew
            server.start()
        yield servers
    finally:
        deadline = time.monotonic() + STOP_SECONDS
        for server in servers:
            server.ask_to_end()
        for server in servers:
            server.end(deadline - time.monotonic())


def await_ready(servers: Sequence[Server], is_ready: Callable[[], bool], *, timeout: float) -> None:
    """Wait until the servers answer.

    Raises
    ------
    DemoError
        If one of them ends, or they do not answer in time; shows what it said last.
    """
    deadline = time.monotonic() + timeout
    while not is_ready():
        dead = [server for server in servers if server.has_died()]
        late = list(servers[:1]) if time.monotonic() > deadline else []
        for server in dead or late:
            raise DemoError(
                t("cli.server_failing", name=server.name, log=server.log, said=server.last_words())
            )
        time.sleep(0.2)
