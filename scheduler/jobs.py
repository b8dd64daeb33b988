"""What the scheduler does every few seconds; each job outlives a database that is away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aura_engine.errors import (
    AuraError,
    ModelError,
    RunCancelled,
    SourceError,
    StoreError,
)
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.nlp import LazyScorer
from aura_engine.pipeline import PipelineContext, run_next
from aura_engine.pipeline.nightly import request_nightly
from aura_engine.sources import Source
from aura_engine.store.failures import store_errors
from aura_engine.store.model_versions import text_revision_in_use
from aura_engine.store.queue import is_busy, is_waiting
from aura_engine.store.services import report
from aura_engine.store.texts import sweep_refs, sweep_scores
from scheduler.ahead import ReadingAhead

log = get_logger(__name__)

SWEPT_LATE: Final = timedelta(days=2)
"""Beyond the window, so that no run that began earlier misses what is swept."""
SCORES_SETTLE: Final = timedelta(days=3)
"""So old must a score be to go: a run or another process may be about to need a younger one."""
PART: Final = "scheduler"
"""Name under which the process reports."""


@dataclass
class Jobs:
    """The scheduler's jobs, as plain calls that a clock makes.

    Parameters
    ----------
    context : PipelineContext
        Databases, language model, settings.
    zone : ZoneInfo
        In which nights are.
    instance : str
        This process among others.
    """

    context: PipelineContext
    zone: ZoneInfo
    instance: str
    stopping: threading.Event = field(default_factory=threading.Event)
    _running: threading.Lock = field(default_factory=threading.Lock)
    _language: dict[str, Any] = field(default_factory=lambda: {"text_model": None})
    _ahead: ReadingAhead = field(default_factory=ReadingAhead)

    def make_waiting_run(self) -> None:
        """Make the run that has waited longest, if one waits."""
        if not self.stopping.is_set() and is_waiting(self.context.store):
            self.take()

    def take(self) -> None:
        """Close what a killed process left behind, and make the run that waits, if any.

        What goes wrong in a run is on its row already; here it is only logged.
        """
        if not self._running.acquire(blocking=False):
            return
        try:
            made = run_next(self.context, instance=self.instance, progress=self._go_on)
            if made is not None and made.text_model is not None:
                self.load_language()
        except AuraError as error:
            log.warning("run_ended_badly", kind=type(error).__name__, reason=str(error))
            if isinstance(error, ModelError):
                self._forget_language(error)
        finally:
            self._running.release()

    def ask_for_nightly(self) -> None:
        """Ask for the nightly run if it is due."""
        request_nightly(self.context.store, now=self.context.clock(), zone=self.zone)

    def sweep_texts(self) -> None:
        """Delete references that no window reaches, and scores that nobody needs."""
        store = self.context.store
        with store_errors():
            refs = sweep_refs(store, before=self.context.since(self.context.clock()) - SWEPT_LATE)
            scores = 0
            if self._language.get("text_model") is not None and self.context.scorer is not None:
                in_use = text_revision_in_use(store)
                kept = {self.context.scorer.revision, *([in_use] if in_use else [])}
                settled = datetime.now(UTC) - SCORES_SETTLE
                scores = sweep_scores(store, settled=settled, kept=kept)
        log.info("texts_swept", refs=refs, scores=scores)

    def read_ahead(self) -> None:
        """Read with a language model that is to take over, while no run waits or goes on."""
        if self._language.get("text_model") is not None and not self._is_busy():
            self._ahead.go_on(self.context, stop=self._is_busy)

    def _is_busy(self) -> bool:
        return self.stopping.is_set() or is_busy(self.context.store)

    def load_language(self) -> None:
        """Load the language model ahead of the first run, and keep what to say of it."""
        scorer = self.context.scorer
        if scorer is None:
            return
        try:
            self._language = {
                "text_model": scorer.name,
                "reduced": scorer.reduced,
                "backend": scorer.backend,
            }
        except ModelError as error:
            self._language = {"text_model": None, "problem": str(error)}
            log.warning("language_model_unavailable", reason=str(error))

    def _forget_language(self, error: ModelError) -> None:
        """Let the next run look for its language model anew."""
        if isinstance(self.context.scorer, LazyScorer):
            self.context.scorer.forget()
        self._language = {"text_model": None, "problem": str(error)}

    def report_self(self) -> None:
        """Say that this process lives, and which language model it has."""
        details = self._language | self._ahead.details
        report(self.context.store, PART, instance=self.instance, details=details)

    def report_source(self, source: Source) -> None:
        """Say whether a source answers."""
        problem = None
        try:
            with self.context.sources.reading(source) as connection:
                connection.exec_driver_sql("SELECT 1")
        except SourceError as error:
            problem = str(error)
        report(
            self.context.store,
            source.database,
            instance=self.instance,
            is_up=problem is None,
            details={"problem": problem} if problem else {},
        )

    def _go_on(self, _stage: str, _done: int, _total: int | None) -> None:
        if self.stopping.is_set():
            raise RunCancelled(t("pipeline.stopped"))

    def wait_for_run(self, timeout: float) -> bool:
        """Wait until no run or reading goes on in this process; tell whether that came true."""
        if not self._running.acquire(timeout=timeout):
            return False
        self._running.release()
        return self._ahead.wait(timeout)


def tolerant(job: Callable[[], None]) -> Callable[[], None]:
    """Let a job survive an analytics database that does not answer; it runs again soon."""

    def run() -> None:
        try:
            job()
        except StoreError as error:
            log.warning("job_without_store", reason=str(error))

    return run
