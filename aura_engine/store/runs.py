"""The run's row: one run at a time, its stages and timings, how it ended."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Engine, text

from aura_engine.errors import AuraError, RunError
from aura_engine.i18n import t
from aura_engine.sql import load_queries

log = structlog.get_logger(__name__)

_QUERIES: Final = load_queries("store_runs")
_RUN_LOCK: Final = 0x41555241_0002
"""Advisory lock that a run holds from start to end; the server frees it if the process dies."""

Progress = Callable[[str, int, int | None], None]
"""Called with a stage's name, how much is done, and how much there is (None: unknown)."""


def silent(_stage: str, _done: int, _total: int | None) -> None:
    """Report progress to nobody."""


@dataclass
class RunRecorder:
    """Writes a run's progress to its row and to whoever watches."""

    engine: Engine
    run_id: int
    progress: Progress = silent
    counts: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _stage: str = ""

    def _execute(self, query: str, **parameters: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(_QUERIES[query]), {"run_id": self.run_id, **parameters})

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[None]:
        """Record that a stage goes on, and how long it took once it has ended well."""
        self._stage = name
        self._execute("enter_stage", stage=name, total=total)
        self.progress(name, 0, total)
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started
        entry = {"name": name, "seconds": round(self.seconds[name], 3)}
        self._execute("leave_stage", stage=json.dumps([entry]))
        log.info("stage_done", run_id=self.run_id, **entry)

    def advance(self, done: int, total: int | None = None) -> None:
        """Record how much of the current stage is done; it is the heartbeat too."""
        self._execute("advance_stage", done=done, total=total)
        self.progress(self._stage, done, total)

    def count(self, **counts: Any) -> None:
        """Keep figures that go to the run's row when it ends."""
        self.counts.update(counts)

    def finish(self, connection: Connection, **outcome: Any) -> None:
        """Mark the run as succeeded in the caller's transaction, the flip."""
        connection.execute(
            text(_QUERIES["finish_run"]),
            {"run_id": self.run_id, "counts": json.dumps(self.counts), **outcome},
        )

    def fail(self, message: str) -> None:
        """Mark the run as failed, with a message that a person can act on."""
        self._execute("fail_run", error=message, counts=json.dumps(self.counts))


@contextmanager
def recorded_run(
    engine: Engine,
    *,
    kind: str,
    as_of: datetime,
    parameters: dict[str, Any],
    requested_by: str,
    progress: Progress = silent,
) -> Iterator[RunRecorder]:
    """Hold the run lock and a row that says what becomes of this run.

    Rows of runs that were killed are marked as failed first. An error marks this run as
    failed and goes on to the caller; what readers saw before stays as it was.

    Raises
    ------
    RunError
        If another run is going on.
    """
    with engine.connect() as lock:
        if not lock.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _RUN_LOCK}):
            raise RunError(t("pipeline.already_running"))
        lock.commit()
        try:
            with engine.begin() as connection:
                interrupted = connection.scalars(
                    text(_QUERIES["fail_interrupted"]), {"error": t("pipeline.interrupted")}
                ).all()
                run_id = connection.scalar(
                    text(_QUERIES["begin_run"]),
                    {
                        "kind": kind,
                        "as_of": as_of,
                        "parameters": json.dumps(parameters),
                        "requested_by": requested_by,
                    },
                )
            for dead in interrupted:
                log.warning("interrupted_run_marked_failed", run_id=dead)
            assert run_id is not None  # noqa: S101  RETURNING always answers
            recorder = RunRecorder(engine, run_id, progress)
            try:
                yield recorder
            except AuraError as error:
                recorder.fail(str(error))
                raise
            except BaseException as error:
                log.exception("run_failed", run_id=run_id)
                recorder.fail(t("pipeline.unexpected", run_id=run_id, kind=type(error).__name__))
                raise
        finally:
            lock.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _RUN_LOCK})
            lock.commit()


def texts_read_through(connection: Connection, revision: str) -> datetime | None:
    """Return how far texts were read for a model revision; None if they never were."""
    through: datetime | None = connection.scalar(
        text(_QUERIES["texts_read_through"]), {"revision": revision}
    )
    return through


def succeeded_full_runs(engine: Engine) -> set[datetime]:
    """Return the moments for which a full run succeeded."""
    with engine.connect() as connection:
        return set(connection.scalars(text(_QUERIES["succeeded_as_of"])))
