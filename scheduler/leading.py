"""What a leader starts and stops: clock, runs, language model, and what follows changes."""

from __future__ import annotations

from functools import partial

from aura_engine.sources import Source
from scheduler.case_clock import CASE_CLOCK_SECONDS, CaseClock
from scheduler.clock import Clock, Job
from scheduler.jobs import Jobs
from scheduler.language import Language
from scheduler.parts import Led, Part
from scheduler.pulse import Pulse
from scheduler.supervisor import RunSupervisor

MINUTE = 60.0
HOUR = 60 * MINUTE


def parts_of(led: Led) -> tuple[Part, ...]:
    """Return a leader's parts, not started yet."""
    language = Language(led.context)
    pulse = Pulse(led)
    jobs = Jobs(led, language, pulse)
    return (
        language,
        RunSupervisor(led, language.learn_from),
        Clock(registered(led, jobs)),
        pulse,
    )


def registered(led: Led, jobs: Jobs) -> tuple[Job, ...]:
    """Return the jobs and how often each has its turn.

    Sweeps wait some minutes, so that a start is not busy with them.
    """
    return (
        Job("report", jobs.report_self, 4),
        *(Job(source.database, partial(jobs.report_source, source), 10) for source in Source),
        Job("nightly", jobs.ask_for_nightly, 30),
        Job("sweep", jobs.ask_for_sweep, 30),
        Job("resync", jobs.ask_for_resync, 5),
        Job("prune", jobs.prune_logs, 10 * MINUTE, after=2 * MINUTE),
        Job("case_clock", CaseClock.of(led.context, led.settings).look, CASE_CLOCK_SECONDS),
        Job("trend", jobs.record_trend, 5 * MINUTE),
        Job("days", jobs.record_days, 5 * MINUTE),
        Job("months", jobs.make_months, HOUR),
        Job("sweep_events", jobs.sweep_events, HOUR, after=10 * MINUTE),
        Job("sweep_texts", jobs.sweep_texts, 24 * HOUR, after=10 * MINUTE),
        Job("sweep_runs", jobs.sweep_runs, 24 * HOUR, after=10 * MINUTE),
        Job("sweep_samples", jobs.sweep_samples, 24 * HOUR, after=10 * MINUTE),
        Job("sweep_audit_log", jobs.sweep_audit_log, 24 * HOUR, after=10 * MINUTE),
    )
