"""Faults of those who work: real schedulers that are killed, and runs that are killed half-way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, text

from aura_engine.pipeline import RunParameters
from aura_engine.store.queue import enqueue
from benchmarks.faults_site import seconds_until

IN_VIEW: Final = "SELECT count(*) FROM user_feature_vector"
LEADER: Final = "SELECT instance FROM leader"
STATUS: Final = "SELECT status FROM pipeline_run WHERE id = :id"
SHOWN: Final = "SELECT run_id FROM active_run"
REASON: Final = "SELECT error FROM pipeline_run WHERE id = :id"
NO_MODELS: Final = "LOCK TABLE model_version IN SHARE ROW EXCLUSIVE MODE"
OPEN_RUNS: Final = "SELECT count(*) FROM pipeline_run WHERE status IN ('queued', 'running')"
TWICE: Final = (
    "SELECT (SELECT count(*) FROM (SELECT FROM feature GROUP BY run_id, user_id_raiz"
    " HAVING count(*) > 1) f)"
    " + (SELECT count(*) FROM (SELECT FROM visible_history GROUP BY run_id, user_id_raiz"
    " HAVING count(*) > 1) h)"
    " + (SELECT count(*) FROM (SELECT FROM event WHERE type = 'CLUSTERING_COMPLETE'"
    " GROUP BY run_id HAVING count(*) > 1) e)"
    " + (SELECT count(*) FROM (SELECT FROM risk_case WHERE state <> 'cerrado'"
    " GROUP BY user_id_raiz HAVING count(*) > 1) c)"
    " + (SELECT count(*) FROM risk_history h JOIN pipeline_run r ON r.id = h.run_id"
    " WHERE r.flipped_at IS NULL)"
)
"""Effects that happened more than once."""


@dataclass
class Schedulers:
    """The schedulers of one installation, as processes of their own.

    Parameters
    ----------
    store : Engine
        The analytics database.
    directory : Path
        Where they log.
    environment : mapping
        In which they find the installation.
    """

    store: Engine
    directory: Path
    environment: Mapping[str, str]
    people: int = field(init=False)
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.people = self.ask(IN_VIEW)

    def ask(self, question: str, **parameters: object) -> Any:
        """Return one value of the analytics database."""
        with self.store.connect() as connection:
            return connection.scalar(text(question), parameters)

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """Start one; what it says goes to a file of its name."""
        with self._log(name).open("a") as output:
            started = subprocess.Popen(
                [sys.executable, "-m", "scheduler"],
                env={**self.environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._started.append(started)
        return started

    def _log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def said(self, name: str, event: str) -> bool:
        """Tell whether a scheduler has logged something."""
        return event in self._log(name).read_text()

    def leads(self, process: subprocess.Popen[bytes]) -> bool:
        """Tell whether a scheduler is the leader."""
        return str(self.ask(LEADER)).endswith(f":{process.pid}")

    def ask_for_a_run(self, *, refit: bool = False) -> int:
        """Ask for a full run; return its id."""
        parameters = asdict(RunParameters(refit=refit))
        return enqueue(self.store, kind="full", parameters=parameters, requested_by="ana").run_id

    @contextmanager
    def held_up(self, *, refit: bool = False) -> Iterator[int]:
        """Ask for a run that cannot begin to read within this block; yield its id.

        It first discards former models; no other part of a scheduler writes any.
        """
        with self.store.connect() as connection:
            connection.exec_driver_sql(NO_MODELS)
            run_id = self.ask_for_a_run(refit=refit)
            seconds_until(lambda: self.waiting("RowExclusiveLock"))
            yield run_id

    @contextmanager
    def held_up_half_way(self) -> Iterator[int]:
        """Ask for a run that cannot save the model that it has fitted within this block."""
        with self.store.connect() as connection:
            lock = threading.Thread(target=connection.exec_driver_sql, args=(NO_MODELS,))
            with self.held_up(refit=True) as run_id:
                lock.start()  # behind the run, which gets past its beginning first
                seconds_until(lambda: self.waiting("ShareRowExclusiveLock"))
            lock.join()
            seconds_until(lambda: self.waiting("RowExclusiveLock"))
            yield run_id

    def waiting(self, mode: str) -> bool:
        """Tell whether somebody waits for the table of models."""
        query = (
            "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'model_version'::regclass"
            " AND mode = :mode AND NOT granted)"
        )
        return bool(self.ask(query, mode=mode))

    def child_of(self, process: subprocess.Popen[bytes]) -> int:
        """Wait until a scheduler makes a run; return the process that does."""
        seconds_until(lambda: _children_of(process.pid))
        return _children_of(process.pid)[0]

    def stop(self) -> None:
        """Stop those that still work."""
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self._started:
            process.wait()
        self._started.clear()


def replaced(
    site: Schedulers, leader: subprocess.Popen[bytes], name: str
) -> tuple[subprocess.Popen[bytes], float]:
    """Kill a leader in the middle of a run while another one stands by, which takes over.

    Parameters
    ----------
    site : Schedulers
        Where.
    leader : Popen
        Who is killed.
    name : str
        Of the one that takes over.

    Returns
    -------
    tuple of Popen and float
        The new leader, once it has made the run; seconds until it led.
    """
    standby = site.start(name)
    seconds_until(lambda: site.said(name, "stands_by"))
    with site.held_up() as run_id:
        orphan = site.child_of(leader)
        leader.kill()
        leader.wait()
        taken_over = seconds_until(lambda: site.leads(standby))
        seconds_until(lambda: not Path(f"/proc/{orphan}").exists())
    seconds_until(lambda: site.ask(STATUS, id=run_id) == "succeeded")
    return standby, taken_over


@dataclass(frozen=True)
class HalfWay:
    """What became of a run that was killed half-way.

    Attributes
    ----------
    run_id : int
        The run.
    is_readable : bool
        Whether the former results stayed in view.
    is_failed : bool
        Whether it was marked as failed, with a reason, and nobody repeated it unasked.
    seconds : float
        Until it was.
    """

    run_id: int
    is_readable: bool
    is_failed: bool
    seconds: float


def killed_half_way(site: Schedulers, leader: subprocess.Popen[bytes]) -> HalfWay:
    """Kill the process of a full run that has fitted its model and shown nothing yet.

    Parameters
    ----------
    site : Schedulers
        Where.
    leader : Popen
        Whose run.
    """
    before = site.ask(SHOWN)
    with site.held_up_half_way() as run_id:
        os.kill(site.child_of(leader), signal.SIGKILL)
        seconds = seconds_until(lambda: site.ask(STATUS, id=run_id) == "failed")
        is_readable = site.ask(IN_VIEW) == site.people
    is_told = "se interrumpió" in (site.ask(REASON, id=run_id) or "")
    return HalfWay(
        run_id,
        is_readable and site.ask(SHOWN) == before,
        is_told and site.ask(OPEN_RUNS) == 0,
        seconds,
    )


def _children_of(parent: int) -> list[int]:
    """Return the processes that make a run for a scheduler."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
                status = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(status[1]) == parent and b"scheduler.child" in command:
                found.append(int(entry.name))
    return found
