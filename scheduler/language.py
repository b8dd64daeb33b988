"""The leader's language model: loaded once, told of, and read ahead with between runs."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass, field
from typing import Any, Final

from aura_engine.errors import LeadershipLost, ModelError, StoreError
from aura_engine.logs import get_logger
from aura_engine.nlp import LazyScorer
from aura_engine.pipeline import PipelineContext
from aura_engine.store.claims import EndedRun
from aura_engine.store.queue import is_busy
from scheduler.ahead import ReadingAhead

log = get_logger(__name__)

READ_AHEAD_SECONDS: Final = 20.0
THREAD: Final = "language"


def leave_loading_behind() -> None:
    """End the process with status 0 if a model is still being loaded, else return.

    Loading cannot be interrupted, and if Python took itself down under the threads of ONNX Runtime,
    they would abort the process: a stop in good order would look like a crash.
    """
    if any(thread.name == THREAD for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


@dataclass
class Language:
    """Keeps the model at hand, and reads with one that is to take over while no run goes on.

    Parameters
    ----------
    context : PipelineContext
        Databases and language model.
    """

    context: PipelineContext
    _stopping: threading.Event = field(default_factory=threading.Event)
    _loaded: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _model: dict[str, Any] = field(default_factory=lambda: {"text_model": None})
    _ahead: ReadingAhead = field(default_factory=ReadingAhead)

    def start(self) -> None:
        """Load the model, and read ahead from time to time."""
        self._thread = threading.Thread(target=self._work, name=THREAD, daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """End a reading at its next page; a model that is being loaded writes nothing."""
        self._stopping.set()
        if self._thread is None or not self._loaded.is_set():
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def details(self) -> dict[str, Any]:
        """What the scheduler reports of it."""
        return self._model | self._ahead.details

    @property
    def is_known(self) -> bool:
        """Whether the model is loaded."""
        return self._model.get("text_model") is not None

    def load(self) -> None:
        """Load the model ahead of the first text, and keep what to say of it."""
        scorer = self.context.scorer
        if scorer is None:
            return
        try:
            self._model = {
                "text_model": scorer.name,
                "reduced": scorer.reduced,
                "backend": scorer.backend,
            }
        except ModelError as error:
            self._model = {"text_model": None, "problem": str(error)}
            log.warning("language_model_unavailable", reason=str(error))

    def learn_from(self, run: EndedRun, model_refused: bool) -> None:
        """Look for the model anew after a run that it kept from ending well, or that had one.

        Parameters
        ----------
        run : EndedRun
            A run that has ended.
        model_refused : bool
            Whether it ended because of its language model.
        """
        if model_refused:
            if isinstance(self.context.scorer, LazyScorer):
                self.context.scorer.forget()
            self._model = {"text_model": None, "problem": run.error}
        elif run.text_model is not None and not self.is_known:
            self.load()

    def read_ahead(self) -> None:
        """Read with a language model that is to take over, while no run waits or goes on."""
        if self.is_known and not self._is_busy():
            self._ahead.go_on(self.context, stop=self._is_busy)

    def _is_busy(self) -> bool:
        return self._stopping.is_set() or is_busy(self.context.store)

    def _work(self) -> None:
        self.load()
        self._loaded.set()
        while not self._stopping.is_set():
            try:
                self.read_ahead()
            except (StoreError, LeadershipLost) as error:
                log.warning("job_without_store", job="read_ahead", reason=str(error))
            self._stopping.wait(READ_AHEAD_SECONDS)
