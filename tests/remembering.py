"""The shipped language model, reading each text once for a whole session of tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from aura_engine.nlp import REDUCED_MODEL, TextScorer, load_scorer


@dataclass
class RememberingScorer:
    """What the shipped model answered, so that many small worlds of one text pool stay fast."""

    model: TextScorer
    answers: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def revision(self) -> str:
        return self.model.revision

    @property
    def reduced(self) -> bool:
        return self.model.reduced

    @property
    def backend(self) -> str:
        return self.model.backend

    def score(self, texts: Sequence[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self.answers]
        if new:
            self.answers.update(zip(new, self.model.score(new).tolist(), strict=True))
        return np.array([self.answers[text] for text in texts], dtype=np.float32)


@cache
def remembering_model() -> RememberingScorer:
    """Return the one that all tests of this process share."""
    return RememberingScorer(load_scorer(REDUCED_MODEL))
