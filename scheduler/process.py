"""The process: jobs on a clock, signals, and an end that leaves nothing half said."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from types import FrameType
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from aura_engine.logs import get_logger
from aura_engine.pipeline import PipelineContext
from aura_engine.settings import Settings
from aura_engine.sources import Source
from scheduler.jobs import Jobs, tolerant

log = get_logger(__name__)

QUEUE_SECONDS: Final = 1
REPORT_SECONDS: Final = 4
SOURCE_SECONDS: Final = 10
NIGHTLY_SECONDS: Final = 30
READ_AHEAD_SECONDS: Final = 20
SWEEP_HOURS: Final = 24
SWEEP_AFTER_MINUTES: Final = 10
TAKE_SECONDS: Final = 30
"""How often runs of dead processes are looked for when nothing waits."""
STOP_SECONDS: Final = 10.0
"""How long a run that goes on gets to stop at its next step."""
_THREADS: Final = 10


def serve(settings: Settings, context: PipelineContext) -> None:
    """Work until SIGINT or SIGTERM.

    Parameters
    ----------
    settings : Settings
        Zone of the nights.
    context : PipelineContext
        Databases and language model; stays the caller's to close.
    """
    jobs = Jobs(context, settings.zone, instance=f"{socket.gethostname()}:{os.getpid()}")
    stop = threading.Event()

    def end(number: int, _frame: FrameType | None) -> None:
        log.info("scheduler_stopping", signal=signal.Signals(number).name)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    clock = _clock(jobs)
    clock.start()
    log.info("scheduler_started", instance=jobs.instance)
    stop.wait()
    jobs.stopping.set()
    clock.shutdown(wait=False)
    if not jobs.wait_for_run(STOP_SECONDS):
        log.warning("run_left_to_the_next_scheduler")
        os._exit(1)
    log.info("scheduler_stopped")


def _clock(jobs: Jobs) -> BackgroundScheduler:
    """Put the jobs on a clock in memory: what is due is found in the database, not kept here."""
    clock = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(_THREADS)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )
    # A run outlasts many ticks of the queue; that each is passed over is no news.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    now = datetime.now(UTC)
    every = partial(clock.add_job, trigger="interval", next_run_time=now)
    every(tolerant(jobs.report_self), seconds=REPORT_SECONDS, id="report")
    every(tolerant(jobs.make_waiting_run), seconds=QUEUE_SECONDS, id="queue")
    every(tolerant(jobs.take), seconds=TAKE_SECONDS, id="take")
    every(tolerant(jobs.ask_for_nightly), seconds=NIGHTLY_SECONDS, id="nightly")
    every(tolerant(jobs.read_ahead), seconds=READ_AHEAD_SECONDS, id="read_ahead")
    soon = now + timedelta(minutes=SWEEP_AFTER_MINUTES)
    sweep = tolerant(jobs.sweep_texts)
    clock.add_job(sweep, "interval", hours=SWEEP_HOURS, next_run_time=soon, id="sweep_texts")
    for source in Source:
        watch = tolerant(partial(jobs.report_source, source))
        every(watch, seconds=SOURCE_SECONDS, id=source.database)
    clock.add_job(jobs.load_language, next_run_time=now, id="language")
    return clock
