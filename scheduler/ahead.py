"""The reading ahead with a new language model, tick by tick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from aura_engine.errors import ModelError, RunError, SourceError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.pipeline import PipelineContext, RunParameters
from aura_engine.pipeline.ahead import ReadAhead, read_ahead
from aura_engine.store.failures import store_errors
from aura_engine.store.model_versions import text_revision_in_use
from aura_engine.store.queue import enqueue
from aura_engine.store.runs import last_full_run

log = get_logger(__name__)


@dataclass
class ReadingAhead:
    """Reads on until the window is read, asks for the run that changes over, and then waits.

    Attributes
    ----------
    details : dict
        What the scheduler reports of it; empty where nothing is read ahead.
    """

    details: dict[str, Any] = field(default_factory=dict)
    _ended_after: tuple[str, str | None, datetime | None] | None = None
    """The revision that has been through the window; that in use and the last run at that time."""
    _problem: str | None = None

    def go_on(self, context: PipelineContext, *, stop: Callable[[], bool]) -> None:
        """Read until the window is read or `stop` says so.

        Parameters
        ----------
        context : PipelineContext
            Databases and language model.
        stop : callable
            Asked every few seconds.
        """
        with store_errors():
            state = (text_revision_in_use(context.store), last_full_run(context.store))
        scorer = context.scorer
        if scorer is not None and self._ended_after == (scorer.revision, *state):
            return
        try:
            found = read_ahead(context, stop=stop)
        except (ModelError, SourceError) as error:
            self._say(str(error))
            return
        self._problem = None
        if found is None:
            self.details = {}
            self._ended_after = None
            return
        self.details = {"read_ahead": asdict(found)}
        if found.ended and self._ask_to_change_over(context, found):
            self._ended_after = (found.revision, *state)

    def _say(self, problem: str) -> None:
        self.details = {"read_ahead": {"problem": problem}}
        if problem != self._problem:
            log.warning("read_ahead_ended_badly", reason=problem)
        self._problem = problem

    def _ask_to_change_over(self, context: PipelineContext, found: ReadAhead) -> bool:
        """Ask for the run that changes to the new model; nightly runs do so too."""
        try:
            request = enqueue(
                context.store,
                kind="full",
                parameters=asdict(RunParameters()),
                requested_by=t("pipeline.requested_by_reader"),
            )
        except RunError as error:
            log.info("change_of_language_model_waits", reason=str(error))
            return False
        log.info("change_of_language_model_asked_for", revision=found.revision)
        # A run that went on already may have chosen the former model.
        return not request.joined
