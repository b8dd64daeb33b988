"""What a leader does turn by turn; each job finds in the database whether anything is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aura_engine.errors import SourceError
from aura_engine.logs import get_logger
from aura_engine.pipeline.nightly import request_nightly
from aura_engine.pipeline.requests import request_resync, request_sweep
from aura_engine.sources import Source
from aura_engine.sources.changes import prune
from aura_engine.sources.listener import ANSWER_SECONDS
from aura_engine.store.change_cursors import cursors
from aura_engine.store.failures import store_errors
from aura_engine.store.generation import ensure_history_month
from aura_engine.store.model_versions import text_revision_in_use
from aura_engine.store.retention import sweep_audit_log, sweep_events, sweep_incremental_runs
from aura_engine.store.samples import sweep_samples
from aura_engine.store.services import LEADER, report
from aura_engine.store.texts import sweep_refs, sweep_scores
from aura_engine.store.trends import (
    days_to_record,
    last_trend_point,
    record_day,
    record_trend_point,
)
from scheduler.cron import last_due
from scheduler.language import Language
from scheduler.metrics import SOURCE_UP
from scheduler.parts import Led
from scheduler.pulse import Pulse

log = get_logger(__name__)

SWEPT_LATE: Final = timedelta(days=2)
"""Beyond the window, so that no run that began earlier misses what is swept."""
SCORES_SETTLE: Final = timedelta(days=3)
"""So old must a score be to go: a run or another process may be about to need a younger one."""
TREND_EVERY: Final = timedelta(minutes=30)
"""Between two trend points where no change makes one."""
MONTH_AHEAD: Final = timedelta(days=7)
"""How early the next month's partition is made."""
LOG_KEPT: Final = timedelta(days=2)
"""How long a source's log keeps what was read, for whoever asks what happened."""


@dataclass
class Jobs:
    """The leader's jobs, as plain calls that a clock makes.

    Parameters
    ----------
    led : Led
        What the leader works with.
    language : Language
        Its language model.
    pulse : Pulse
        What follows the sources.
    """

    led: Led
    language: Language
    pulse: Pulse

    def report_self(self) -> None:
        """Say that this process leads, since when, and which language model it has."""
        details: dict[str, Any] = {
            "fence": self.led.fence.number,
            "leads_since": self.led.since.isoformat(),
            **self.language.details,
            **self.pulse.details(),
        }
        report(self.led.context.store, LEADER, instance=self.led.instance, details=details)

    def report_source(self, source: Source) -> None:
        """Say whether a source answers, and whether its changes are followed."""
        changes = self.pulse.status(source)
        problem = None if changes is None or changes.is_up else changes.problem
        if changes is None or not changes.is_away:
            # Asked only where its listener, which waits with a limit, gets answers.
            try:
                with self.led.context.sources.impatient(ANSWER_SECONDS).reading(source) as link:
                    link.exec_driver_sql("SELECT 1")
            except SourceError as error:
                problem = str(error)
        details: dict[str, Any] = {"problem": problem} if problem else {}
        if changes is not None:
            details["changes"] = {
                "waiting": changes.waiting,
                "lag_seconds": round(changes.lag_seconds, 1),
                "snapshot_age": round(changes.snapshot_age, 1),
                "queue_usage": changes.queue_usage,
                "note": changes.problem,
            }
        SOURCE_UP.labels(source.database).set(problem is None)
        report(
            self.led.context.store,
            source.database,
            instance=self.led.instance,
            is_up=problem is None,
            details=details,
        )

    def ask_for_nightly(self) -> None:
        """Ask for the nightly run if it is due."""
        settings, now = self.led.settings, self.led.context.clock()
        due = last_due(settings.nightly_cron, now, settings.zone)
        if due is not None:
            request_nightly(self.led.context.store, now=now, due=due)

    def ask_for_sweep(self) -> None:
        """Ask for the sweep if nobody judged everyone for a while."""
        every = timedelta(minutes=self.led.settings.sweep_minutes)
        request_sweep(self.led.context.store, now=self.led.context.clock(), every=every)

    def ask_for_resync(self) -> None:
        """Ask for a full run if a log of changes does not tell of everything."""
        request_resync(self.led.context.store, now=self.led.context.clock())

    def prune_logs(self) -> None:
        """Delete what was read long ago from the sources' logs of changes."""
        with store_errors(), self.led.context.store.connect() as connection:
            known = cursors(connection)
        for name, cursor in known.items():
            try:
                gone = prune(
                    self.led.context.sources, Source(name), older_than=LOG_KEPT, below=cursor.xid
                )
            except SourceError as error:
                log.warning("log_not_pruned", source=name, reason=str(error))
                continue
            if gone:
                log.info("log_pruned", source=name, rows=gone)

    def record_days(self) -> None:
        """Record where everyone stood at the end of each day that has ended and is not recorded."""
        store, zone = self.led.context.store, self.led.settings.zone
        with store_errors():
            with store.connect() as connection:
                days = days_to_record(connection, now=self.led.context.clock(), zone=zone)
            for day in days:
                with store.begin() as connection:
                    record_day(connection, day, zone=zone)
        if days:
            log.info("days_recorded", first=str(days[0]), last=str(days[-1]))

    def record_trend(self) -> None:
        """Record a trend point unless there is a recent one."""
        now = self.led.context.clock()
        with store_errors(), self.led.context.store.begin() as connection:
            last = last_trend_point(connection)
            if last is None or now - last >= TREND_EVERY:
                record_trend_point(connection, now)

    def make_months(self) -> None:
        """Make the partitions of history that this month and the next one need."""
        now = self.led.context.clock().astimezone(UTC)
        with store_errors():
            for moment in (now, now + MONTH_AHEAD):
                ensure_history_month(self.led.context.store, moment)

    def sweep_events(self) -> None:
        """Delete events that are older than anybody may ask for."""
        with store_errors():
            gone = sweep_events(self.led.context.store, now=self.led.context.clock())
        if gone:
            log.info("events_swept", events=gone)

    def sweep_runs(self) -> None:
        """Delete days of incremental runs that nothing speaks of any more."""
        with store_errors():
            gone = sweep_incremental_runs(self.led.context.store, now=self.led.context.clock())
        log.info("incremental_runs_swept", runs=gone)

    def sweep_samples(self) -> None:
        """Delete what was sampled of KPIs longer ago than their own usual values are told by."""
        with store_errors():
            gone = sweep_samples(self.led.context.store, now=self.led.context.clock())
        log.info("samples_swept", rows=gone)

    def sweep_audit_log(self) -> None:
        """Delete what the log of reads has kept for `AURA_AUDIT_DAYS`."""
        kept = timedelta(days=self.led.settings.audit_days)
        with store_errors():
            gone = sweep_audit_log(self.led.context.store, now=self.led.context.clock(), kept=kept)
        log.info("audit_log_swept", rows=gone)

    def sweep_texts(self) -> None:
        """Delete references that no window reaches, and scores that nobody needs."""
        context = self.led.context
        store = context.store
        with store_errors():
            refs = sweep_refs(store, before=context.since(context.clock()) - SWEPT_LATE)
            scores = 0
            if self.language.is_known and context.scorer is not None:
                in_use = text_revision_in_use(store)
                kept = {context.scorer.revision, *([in_use] if in_use else [])}
                settled = datetime.now(UTC) - SCORES_SETTLE
                scores = sweep_scores(store, settled=settled, kept=kept)
        log.info("texts_swept", refs=refs, scores=scores)
