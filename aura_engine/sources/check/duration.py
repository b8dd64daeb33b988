"""How long a full run should take: what was timed now, and documented costs for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SECONDS_A_PERSON: Final = 0.00045
"""Indicators, a first model, detectors, load and flip: 0.88 s for 1,946 people of the demo."""
SECONDS_A_TEXT: Final = 0.00005
"""Fetching a text, its fingerprint and the rows kept of it: 9.2 s for 212,065 of the demo."""
MODEL_SECONDS_A_TEXT: Final = {"reduced": 1 / 400, "production": 1 / 41}
"""Of the two language models, for texts of 17 and of 19 tokens on average; the second in float32,
for the case that 8 bits would change its answers."""
# All on two processor cores that did other work too; a GPU or more cores only make it faster.


@dataclass(frozen=True, slots=True)
class Duration:
    """What a full run of these sources costs.

    Attributes
    ----------
    extraction_seconds : float
        Timed: all aggregate queries, and joining them.
    digest_seconds : float
        Timed: the comparison of texts, which is part of each run.
    people, texts : int
        Of the population, and texts of its window.
    window_days : int
        Over which the texts are spread.
    """

    extraction_seconds: float
    digest_seconds: float
    people: int
    texts: int
    window_days: int

    def first_seconds(self, model: str) -> float:
        """Return what the first run takes, which reads and scores every text of the window.

        Parameters
        ----------
        model : {'reduced', 'production'}
            Which language model.
        """
        a_text = SECONDS_A_TEXT + MODEL_SECONDS_A_TEXT[model]
        return self._without_texts + a_text * self.texts

    def nightly_seconds(self, model: str) -> float:
        """Return what a later run takes: it scores a day's texts and reads those of two.

        Parameters
        ----------
        model : {'reduced', 'production'}
            Which language model.
        """
        a_text = 2 * SECONDS_A_TEXT + MODEL_SECONDS_A_TEXT[model]
        return self._without_texts + a_text * self.texts / self.window_days

    @property
    def _without_texts(self) -> float:
        return self.extraction_seconds + self.digest_seconds + SECONDS_A_PERSON * self.people

    def as_dict(self) -> dict[str, object]:
        """Return the timed parts, what they stand for, and the estimates, in seconds."""
        return {
            "extraction_seconds": round(self.extraction_seconds, 3),
            "digest_seconds": round(self.digest_seconds, 3),
            "people": self.people,
            "texts": self.texts,
            "window_days": self.window_days,
            "seconds_a_person": SECONDS_A_PERSON,
            "seconds_a_text": SECONDS_A_TEXT,
            "model_seconds_a_text": dict(MODEL_SECONDS_A_TEXT),
            "first_seconds": {
                model: round(self.first_seconds(model), 1) for model in MODEL_SECONDS_A_TEXT
            },
            "nightly_seconds": {
                model: round(self.nightly_seconds(model), 1) for model in MODEL_SECONDS_A_TEXT
            },
        }
