"""Score texts with a sequence classifier, whatever runs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aura_engine.errors import ModelError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.nlp.backend import Backend, Logits, OutOfMemory
from aura_engine.nlp.batching import token_budget_batches
from aura_engine.nlp.encoding import Piece, TextEncoder
from aura_engine.nlp.normalise import TextForm, normalise
from aura_engine.nlp.scorer import Probabilities, score_distinct

log = get_logger(__name__)

MOST_ROWS: Final = 4096
TEXTS_AT_ONCE: Final = 4096
"""Texts whose tokens are held; the next ones are cut into tokens while these are read."""
_PLAIN_TEXT: Final = "hola, ¿cómo estás?"


@dataclass(frozen=True, slots=True)
class Classes:
    """How a classifier's outputs are read.

    Attributes
    ----------
    negative : int
        Position of the negative class.
    independent : bool
        Whether the classes are judged one by one (sigmoid) instead of together (softmax).
    """

    negative: int
    independent: bool = False

    def p_negative(self, logits: Logits) -> NDArray[np.float64]:
        """Return P(negative) of each row of logits, shape (n, classes)."""
        scores = logits.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            if self.independent:
                return 1.0 / (1.0 + np.exp(-scores[:, self.negative]))
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            share: NDArray[np.float64] = odds[:, self.negative] / odds.sum(axis=1)
        return share


class ClassifierScorer:
    """A classifier with a negative class, as a `aura_engine.nlp.scorer.TextScorer`.

    Parameters
    ----------
    name, revision : str
        Which model, and which state of its weights.
    encoder : TextEncoder
        Its tokenizer.
    backend : Backend
        What runs it.
    classes : Classes
        How its outputs are read.
    form : TextForm
        How the model wants its texts.
    reduced : bool
        Whether it is the small model that ships with the project.
    """

    def __init__(
        self,
        name: str,
        revision: str,
        *,
        encoder: TextEncoder,
        backend: Backend,
        classes: Classes,
        form: TextForm,
        reduced: bool = False,
    ) -> None:
        self.name = name
        self.revision = revision
        self.reduced = reduced
        self.backend = backend.name
        self._encoder = encoder
        self._backend = backend
        self._classes = classes
        self._form = form
        self._budget = backend.tokens_at_once

    def score(self, texts: Sequence[str]) -> Probabilities:
        """Return P(negative) of each text; see `aura_engine.nlp.scorer.TextScorer`.

        A text beyond the model's vocabulary, or one that the model cannot read although it reads
        others, is NaN and counted in the log.

        Raises
        ------
        ModelError
            If nothing can be read now, for want of memory, say, or the weights are damaged.
        """
        return score_distinct(texts, self._form, self._score_distinct)

    def _score_distinct(self, texts: list[str]) -> Probabilities:
        sums = np.zeros(len(texts))
        tokens = np.zeros(len(texts))
        for start, pieces in self._encoded(texts):
            for part in self._batches(pieces):
                lengths = np.array([len(piece.tokens) for piece in part], dtype=np.float64)
                places = np.array([start + piece.text for piece in part])
                np.add.at(sums, places, self._read(part) * lengths)
                np.add.at(tokens, places, lengths)
        with np.errstate(invalid="ignore"):
            result = (sums / tokens).astype(np.float32)
        unread = int(np.isnan(result).sum())
        if unread:
            log.warning("nlp.texts_unread", model=self.name, unread=unread)
        return result

    def _encoded(self, texts: list[str]) -> Iterator[tuple[int, list[Piece]]]:
        """Cut into tokens ahead, in a thread: the tokenizer runs outside Python's lock."""
        starts = range(0, len(texts), TEXTS_AT_ONCE)
        if len(starts) <= 1:
            yield 0, self._encoder.pieces(texts)
            return
        with ThreadPoolExecutor(1, thread_name_prefix="nlp-tokens") as ahead:

            def cut(start: int) -> Future[list[Piece]]:
                return ahead.submit(self._encoder.pieces, texts[start : start + TEXTS_AT_ONCE])

            coming = cut(0)
            for start in starts:
                pieces = coming.result()
                if start + TEXTS_AT_ONCE < len(texts):
                    coming = cut(start + TEXTS_AT_ONCE)
                yield start, pieces

    def _batches(self, pieces: list[Piece]) -> Iterator[list[Piece]]:
        frame = len(self._encoder.prefix) + len(self._encoder.suffix)
        lengths = [len(piece.tokens) + frame for piece in pieces]
        for batch in token_budget_batches(lengths, self._budget, MOST_ROWS):
            yield [pieces[place] for place in batch]

    def _read(self, pieces: list[Piece]) -> NDArray[np.float64]:
        """Return P(negative) of each piece, in smaller parts where all at once fail."""
        ids, mask = self._encoder.padded(pieces)
        try:
            p = self._classes.p_negative(self._backend.logits(ids, mask))
            if not np.isnan(p).any():
                return p
            reason = "NaN"
        except OutOfMemory as error:
            # By what failed: other batches of the former size, which fail too, change nothing more.
            budget = max(self._encoder.window, ids.size // 2)
            if budget < self._budget:
                self._budget = budget
                log.warning("nlp.budget_halved", model=self.name, tokens=budget)
            if len(pieces) == 1:
                raise ModelError(
                    t("nlp.row_failed", model=self.name, reason="OutOfMemory")
                ) from error
            reason = "OutOfMemory"
        except Exception as error:  # noqa: BLE001 - of torch or ONNX Runtime; found out below
            reason = type(error).__name__
        if len(pieces) == 1:
            self._require_that_others_can_be_read(reason)
            log.warning("nlp.row_failed", tokens=len(pieces[0].tokens), error=reason)
            return np.array([np.nan])
        half = len(pieces) // 2
        return np.concatenate([self._read(pieces[:half]), self._read(pieces[half:])])

    def _require_that_others_can_be_read(self, reason: str) -> None:
        """Tell a bad text from a broken model, which must not look like "nothing to judge"."""
        plain = self._encoder.pieces([normalise(_PLAIN_TEXT, self._form)])
        try:
            p = self._classes.p_negative(self._backend.logits(*self._encoder.padded(plain)))
        except Exception as error:
            raise ModelError(t("nlp.row_failed", model=self.name, reason=reason)) from error
        if np.isnan(p).any():
            raise ModelError(t("nlp.no_numbers", model=self.name))
