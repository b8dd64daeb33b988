"""The clock: jobs in memory, turn by turn; what is due is found in the database, not kept here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from aura_engine.errors import LeadershipLost, StoreError
from aura_engine.logs import get_logger
from scheduler.metrics import MISFIRES

log = get_logger(__name__)

_THREADS: Final = 12


@dataclass(frozen=True)
class Job:
    """A plain call that the clock makes again and again.

    Parameters
    ----------
    name : str
        In logs and metrics.
    call : callable
        Finds out itself whether anything is due; may be made twice.
    seconds : float
        Between two turns.
    after : float
        Until the first turn.
    """

    name: str
    call: Callable[[], None]
    seconds: float
    after: float = 0.0


class Clock:
    """Makes the calls, one at a time of each job, and counts the turns that were missed.

    Parameters
    ----------
    jobs : sequence of Job
        Each name once.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = tuple(jobs)
        self._stopping = threading.Event()
        self._at_work = 0
        self._idle = threading.Condition()
        self._clock = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(_THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1},
            timezone=UTC,
        )
        self._clock.add_listener(self._count_misfire, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)

    def start(self) -> None:
        """Begin with the jobs whose first turn is now."""
        # It tells of what this clock's listener counts and logs.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        now = datetime.now(UTC)
        for job in self._jobs:
            self._clock.add_job(
                self._surviving(job),
                "interval",
                seconds=job.seconds,
                id=job.name,
                next_run_time=now + timedelta(seconds=job.after),
                misfire_grace_time=max(1, round(job.seconds)),
            )
        self._clock.start()

    def stop(self, timeout: float) -> bool:
        """Begin no further turn, and wait for those that go on."""
        self._stopping.set()
        if self._clock.running:
            self._clock.shutdown(wait=False)
        with self._idle:
            return self._idle.wait_for(lambda: self._at_work == 0, timeout)

    def _surviving(self, job: Job) -> Callable[[], None]:
        """Let a job survive an analytics database that does not answer; it runs again soon."""

        def turn() -> None:
            with self._idle:
                if self._stopping.is_set():
                    return
                self._at_work += 1
            try:
                job.call()
            except (StoreError, LeadershipLost) as error:
                log.warning("job_without_store", job=job.name, reason=str(error))
            finally:
                with self._idle:
                    self._at_work -= 1
                    self._idle.notify_all()

        return turn

    def _count_misfire(self, event: JobEvent) -> None:
        MISFIRES.labels(event.job_id).inc()
        why = "overlaps" if event.code == EVENT_JOB_MAX_INSTANCES else "late"
        log.warning("job_missed_its_turn", job=event.job_id, why=why)
