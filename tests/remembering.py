"""The shipped language model, reading each text once for a whole run of tests."""

from __future__ import annotations

import atexit
import os
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from aura_engine.nlp import REDUCED_MODEL, TextScorer, load_scorer
from tests.patience import PATIENCE

WORTH_TELLING = 100
"""Texts read at once."""


@dataclass
class RememberingScorer:
    """What the shipped model answered, so that many small worlds of one text pool stay fast.

    Workers of one run tell each other by a file what they have read.
    """

    model: TextScorer
    file: Path | None = None
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
        new = self._unknown(texts)
        if new and self.file is not None:
            self._read_of_others(self.file)
            new = self._unknown(new)
        if new:
            read = dict(zip(new, self.model.score(new).tolist(), strict=True))
            self.answers.update(read)
            if self.file is not None and len(read) >= WORTH_TELLING:
                self._tell_others(self.file, read)
        return np.array([self.answers[text] for text in texts], dtype=np.float32)

    def _unknown(self, texts: Sequence[str]) -> list[str]:
        return [text for text in dict.fromkeys(texts) if text not in self.answers]

    def _read_of_others(self, file: Path) -> None:
        with closing(sqlite3.connect(file, timeout=PATIENCE)) as known, known:
            known.execute("CREATE TABLE IF NOT EXISTS read (text TEXT PRIMARY KEY, p REAL)")
            self.answers.update(known.execute("SELECT text, p FROM read"))

    def _tell_others(self, file: Path, read: dict[str, float]) -> None:
        with closing(sqlite3.connect(file, timeout=PATIENCE)) as known, known:
            known.executemany("INSERT OR IGNORE INTO read VALUES (?, ?)", read.items())


@cache
def remembering_model() -> RememberingScorer:
    """Return the one that all tests of this process share."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    shared = Path(tempfile.gettempdir()) / f"aura-test-texts-{run}.sqlite" if run else None
    if shared is not None:
        # Of several workers each takes it away at its end; what is open stays readable.
        atexit.register(shared.unlink, missing_ok=True)
    return RememberingScorer(load_scorer(REDUCED_MODEL), shared)
