"""A language model that is loaded when it is first asked, for processes that must start at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from aura_engine.nlp.scorer import Probabilities, TextScorer


class LazyScorer:
    """Stands for a model until someone needs it; a load that failed is tried again then.

    Parameters
    ----------
    load : callable
        Returns the model, or raises `ModelError`, which goes on to whoever asked.
    """

    def __init__(self, load: Callable[[], TextScorer]) -> None:
        self._load = load
        self._loaded: TextScorer | None = None
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        """The model, as people know it."""
        return self._model().name

    @property
    def revision(self) -> str:
        """Changes whenever the weights do."""
        return self._model().revision

    @property
    def reduced(self) -> bool:
        """Whether it is the small model that ships with the project."""
        return self._model().reduced

    @property
    def backend(self) -> str:
        """What runs it."""
        return self._model().backend

    def score(self, texts: Sequence[str]) -> Probabilities:
        """Return P(negative) of each text, as `TextScorer.score`."""
        return self._model().score(texts)

    def current(self) -> TextScorer:
        """Return the model itself, which stays the same object whatever is forgotten later."""
        return self._model()

    def forget(self) -> None:
        """Load anew at the next question: another model may be at hand by then."""
        with self._loading:
            self._loaded = None

    def _model(self) -> TextScorer:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded


def concrete(scorer: TextScorer) -> TextScorer:
    """Return the model behind a stand-in, so that all of a reading is one model's."""
    return scorer.current() if isinstance(scorer, LazyScorer) else scorer
