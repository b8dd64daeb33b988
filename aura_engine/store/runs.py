"""The run's row: one run at a time, its stages and timings, how it ended."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from psycopg2.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from aura_engine.errors import AuraError, LeadershipLost, RunCancelled, RunError, StoreError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.sql import load_queries
from aura_engine.store.events import write_error
from aura_engine.store.failures import store_errors

log = get_logger(__name__)

_QUERIES: Final = load_queries("store_runs")
_RUN_LOCK: Final = 0x41555241_0002
"""Advisory lock that a run holds from start to end; the server frees it if the process dies."""

RUN_FAILED: Final = "RUN_FAILED"
"""Code of the event that tells of a run that ended badly."""
FLIP_LOCK_TIMEOUT: Final = "2s"
"""How long one attempt at the flip waits for a row that somebody else holds."""
FLIP_ATTEMPTS: Final = 5
FLIP_PAUSE: Final = 0.5
"""Seconds between two attempts, in which nothing of ours is held."""
_HELD: Final = (LockNotAvailable, DeadlockDetected)

Progress = Callable[[str, int, int | None], None]
"""Called with a stage's name, how much is done, and how much there is (None: unknown)."""


def silent(_stage: str, _done: int, _total: int | None) -> None:
    """Report progress to nobody."""


@dataclass
class RunRecorder:
    """Writes a run's progress to its row and to whoever watches."""

    engine: Engine
    run_id: int
    lock: Connection
    progress: Progress = silent
    counts: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _stage: str = ""
    _total: int | None = None

    def _execute(self, query: str, **parameters: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(_QUERIES[query]), {"run_id": self.run_id, **parameters})

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[None]:
        """Record that a stage goes on, and how long it took once it has ended well.

        Parameters
        ----------
        name : str
            Of the stage.
        total : int, optional
            How much there is to do, where that is known.
        """
        self._stage, self._total = name, total
        self._stop_if_cancelled()
        self._execute("enter_stage", stage=name, total=total)
        self.progress(name, 0, total)
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started
        entry = {"name": name, "seconds": round(self.seconds[name], 3)}
        self._execute("leave_stage", stage=json.dumps([entry]), counts=json.dumps(self.counts))
        log.info("stage_done", run_id=self.run_id, **entry)

    def advance(self, done: int) -> None:
        """Record how much of the current stage is done; it is the heartbeat too.

        Raises
        ------
        RunCancelled
            If someone asked the run to stop; as `stage` does.
        """
        self._stop_if_cancelled()
        self._execute("advance_stage", done=done)
        self.progress(self._stage, done, self._total)

    def expect(self, total: int) -> None:
        """Record how much there is to do in the current stage, once that is known."""
        self._total = total
        self._execute("expect_in_stage", total=total)

    def move(self, as_of: datetime) -> None:
        """Record the moment that the run judges for, where it is later than when it was taken."""
        self._execute("move_moment", as_of=as_of)

    def count(self, **counts: Any) -> None:
        """Keep figures that go to the run's row when the stage ends, or the run."""
        self.counts.update(counts)

    def _stop_if_cancelled(self) -> None:
        with self.engine.connect() as connection:
            if connection.scalar(text(_QUERIES["is_cancelled"]), {"run_id": self.run_id}):
                raise RunCancelled(t("pipeline.cancelled"))

    @contextmanager
    def flipping(self) -> Iterator[Connection]:
        """Open the transaction that ends the run, on the session that holds the run lock.

        Whoever else could have taken the lock could have done so only because that session was
        lost; then this transaction fails instead of showing a run that was given up.
        """
        with self.lock.begin():
            self.lock.exec_driver_sql(f"SET LOCAL lock_timeout = '{FLIP_LOCK_TIMEOUT}'")
            yield self.lock

    def flip(self, show: Callable[[Connection], None]) -> None:
        """End the run in `flipping`, and try again while somebody holds a row that it needs.

        Parameters
        ----------
        show : callable
            Makes the run visible on the connection it is given; may be called several times, each
            time after all that it did before was rolled back.

        Raises
        ------
        RunCancelled
            If someone asked the run to stop meanwhile.
        OperationalError
            If the row is still held at the last attempt.
        """
        for attempt in range(1, FLIP_ATTEMPTS + 1):
            try:
                with self.flipping() as connection:
                    show(connection)
                return
            except OperationalError as error:
                if attempt == FLIP_ATTEMPTS or not isinstance(error.orig, _HELD):
                    raise
                log.warning("flip_waits_for_a_row", run_id=self.run_id, attempt=attempt)
            self._stop_if_cancelled()
            time.sleep(FLIP_PAUSE)

    def finish(self, connection: Connection, **outcome: Any) -> None:
        """Mark the run as succeeded in the caller's transaction, the flip.

        Raises
        ------
        RunError
            If the run's row is no longer running: another process took it for dead.
        """
        ended = connection.execute(
            text(_QUERIES["finish_run"]),
            {"run_id": self.run_id, "counts": json.dumps(self.counts), **outcome},
        )
        if ended.rowcount != 1:
            raise RunError(t("store.lost_run"))

    def give_up(self, error: BaseException) -> None:
        """Record on a run that still goes on why it ended, in words that a person can act on."""
        status, message = "failed", str(error)
        if isinstance(error, RunCancelled):
            status = "cancelled"
        elif isinstance(error, KeyboardInterrupt):
            status, message = "cancelled", t("pipeline.cancelled")
        elif not isinstance(error, AuraError):
            log.error("run_failed", run_id=self.run_id, exc_info=error)
            message = t("pipeline.unexpected", run_id=self.run_id, kind=type(error).__name__)
        try:
            with store_errors(), self.engine.begin() as connection:
                given_up = connection.execute(
                    text(_QUERIES["give_up_run"]),
                    {
                        "run_id": self.run_id,
                        "status": status,
                        "error": message,
                        "counts": json.dumps(self.counts),
                    },
                )
                if given_up.rowcount and status == "failed":
                    write_error(connection, RUN_FAILED, message, run_id=self.run_id)
        except (StoreError, LeadershipLost):
            # The first error matters more; the next run will find this row and close it.
            log.warning("run_end_not_recorded", run_id=self.run_id, status=status)


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

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    kind : str
        Which run.
    as_of : datetime
        Moment of the run.
    parameters : dict
        What was asked for; goes to the row.
    requested_by : str
        Who asked.
    progress : callable
        Called with stage, done and total.

    Raises
    ------
    RunError
        If another run is going on.
    StoreError
        If the analytics database cannot be reached or fails, in the caller's block too.
    """
    with store_errors(), _run_lock(engine) as lock:
        if lock is None:
            raise RunError(t("pipeline.already_running"))
        _close_interrupted(engine)
        with engine.begin() as connection:
            run_id = connection.execute(
                text(_QUERIES["begin_run"]),
                {
                    "kind": kind,
                    "as_of": as_of,
                    "parameters": json.dumps(parameters),
                    "requested_by": requested_by,
                },
            ).scalar_one()
        with _recording(RunRecorder(engine, run_id, lock, progress)) as recorder:
            yield recorder


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """A run that someone asked for and this process has taken."""

    kind: str
    parameters: dict[str, Any]
    requested_by: str
    recorder: RunRecorder


@contextmanager
def claimed_run(
    engine: Engine, *, instance: str, as_of: datetime, progress: Progress = silent
) -> Iterator[ClaimedRun | None]:
    """Take the run that has waited longest, as `recorded_run` does with one of its own.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    instance : str
        The process that takes it.
    as_of : datetime
        Moment of the run.
    progress : callable
        Called with stage, done and total.

    Yields
    ------
    ClaimedRun or None
        None where no run waits, or another one is going on.
    """
    with store_errors(), _run_lock(engine) as lock:
        row = None
        if lock is not None:
            _close_interrupted(engine)
            with engine.begin() as connection:
                row = connection.execute(
                    text(_QUERIES["claim_run"]), {"instance": instance, "as_of": as_of}
                ).one_or_none()
        if lock is None or row is None:
            yield None
            return
        with _recording(RunRecorder(engine, row.id, lock, progress)) as recorder:
            yield ClaimedRun(row.kind, row.parameters, row.requested_by, recorder)


@contextmanager
def _recording(recorder: RunRecorder) -> Iterator[RunRecorder]:
    try:
        with store_errors():
            yield recorder
    except BaseException as error:
        recorder.give_up(error)
        raise


@contextmanager
def _run_lock(engine: Engine) -> Iterator[Connection | None]:
    """Hold the run lock on a session of its own; None where another process holds it."""
    with engine.connect() as lock:
        # Not the pool's any more: its session, and the lock with it, end with this block.
        lock.detach()
        taken = lock.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _RUN_LOCK})
        lock.commit()
        try:
            yield lock if taken else None
        finally:
            # The server ends a session a moment after it is closed; the next run may be sooner.
            with suppress(SQLAlchemyError):
                lock.rollback()
                lock.execute(text("SELECT pg_advisory_unlock_all()"))
                lock.commit()


def _close_interrupted(engine: Engine) -> None:
    """Mark runs as failed whose process is gone; only for whoever holds the run lock."""
    with engine.begin() as connection:
        interrupted = connection.scalars(
            text(_QUERIES["fail_interrupted"]), {"error": t("pipeline.interrupted")}
        ).all()
        for dead in interrupted:
            write_error(connection, RUN_FAILED, t("pipeline.interrupted"), run_id=dead)
    for dead in interrupted:
        log.warning("interrupted_run_marked_failed", run_id=dead)


def close_interrupted(engine: Engine) -> bool:
    """Mark runs as failed whose process is gone.

    Returns
    -------
    bool
        False where nothing can be said, since a run goes on now.

    Raises
    ------
    StoreError
        If the analytics database does not answer.
    """
    with store_errors(), _run_lock(engine) as lock:
        if lock is not None:
            _close_interrupted(engine)
        return lock is not None


def texts_read_through(connection: Connection) -> datetime | None:
    """Return how far references of texts are up to date; None before the first run with texts."""
    through: datetime | None = connection.scalar(text(_QUERIES["texts_read_through"]))
    return through


def last_full_run(engine: Engine) -> datetime | None:
    """Return the latest moment for which a full run succeeded; None before the first."""
    with store_errors(), engine.connect() as connection:
        moment: datetime | None = connection.scalar(text(_QUERIES["last_full_run"]))
        return moment
