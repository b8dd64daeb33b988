"""Score texts with a sequence classifier of the transformers library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import torch

from aura_engine.errors import ModelError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.nlp.batching import token_budget_batches
from aura_engine.nlp.checkpoint import Checkpoint
from aura_engine.nlp.normalise import TextForm, form_for_model
from aura_engine.nlp.quiet import quiet_transformers
from aura_engine.nlp.scorer import Probabilities, score_distinct
from aura_engine.nlp.splitting import piece_bounds
from aura_engine.nlp.transformers_loading import LoadedClassifier, load_classifier

log = get_logger(__name__)

CPU_TOKENS_AT_ONCE: Final = 4096
GPU_TOKENS_AT_ONCE: Final = 65536
MOST_ROWS: Final = 512


@dataclass(frozen=True, slots=True)
class _Piece:
    text: int
    tokens: list[int]


class TransformersScorer:
    """A classifier with a negative class, as a `aura_engine.nlp.scorer.TextScorer`.

    Parameters
    ----------
    name, revision : str
        Which model, and which state of its weights.
    classifier : LoadedClassifier
        The loaded model.
    form : TextForm
        How the model wants its texts.
    tokens_at_once : int or None
        Most tokens of a batch, padding included; None suits the device.
    """

    reduced: Final = False

    def __init__(
        self,
        name: str,
        revision: str,
        classifier: LoadedClassifier,
        form: TextForm,
        *,
        tokens_at_once: int | None = None,
    ) -> None:
        on_cpu = classifier.device.type == "cpu"
        self.name = name
        self.revision = revision
        self._classifier = classifier
        self._form = form
        self._budget = tokens_at_once or (CPU_TOKENS_AT_ONCE if on_cpu else GPU_TOKENS_AT_ONCE)

    @classmethod
    def load(
        cls,
        checkpoint: Checkpoint,
        *,
        negative_label: str | None = None,
        device: str | None = None,
        tokens_at_once: int | None = None,
    ) -> Self:
        """Load a model whose files were found.

        Parameters
        ----------
        checkpoint : Checkpoint
            The files.
        negative_label : str or None
            The negative class of a model whose classes are only called ``LABEL_n``.
        device : str or None
            Of torch; None means CUDA where there is one, else the CPU.
        tokens_at_once : int or None
            Most tokens of a batch, padding included; None suits the device.

        Raises
        ------
        ModelError
            If it cannot be loaded or would read wrongly; names the model and the mend.
        """
        with quiet_transformers():
            classifier = load_classifier(checkpoint, negative_label, device)
        log.info(
            "nlp.model_loaded",
            model=checkpoint.name,
            revision=checkpoint.revision,
            device=str(classifier.device),
            window=classifier.window,
        )
        return cls(
            checkpoint.name,
            checkpoint.revision,
            classifier,
            form_for_model(checkpoint.name),
            tokens_at_once=tokens_at_once,
        )

    def score(self, texts: Sequence[str]) -> Probabilities:
        """Return P(negative) of each text; see `aura_engine.nlp.scorer.TextScorer`.

        A text beyond the model's vocabulary is NaN and counted in the log.

        Raises
        ------
        ModelError
            If a text cannot be read now, for want of memory, say, or the weights are damaged.
        """
        return score_distinct(texts, self._form, self._score_distinct)

    def _score_distinct(self, texts: list[str]) -> Probabilities:
        pieces = self._pieces(texts)
        sums = np.zeros(len(texts))
        tokens = np.zeros(len(texts))
        lengths = [len(piece.tokens) for piece in pieces]
        for batch in token_budget_batches(lengths, self._budget, MOST_ROWS):
            rows = [pieces[position] for position in batch]
            for piece, p in zip(rows, self._read([r.tokens for r in rows]), strict=True):
                sums[piece.text] += p * len(piece.tokens)
                tokens[piece.text] += len(piece.tokens)
        with np.errstate(invalid="ignore"):
            result = (sums / tokens).astype(np.float32)
        unread = int(np.isnan(result).sum())
        if unread:
            log.warning("nlp.texts_unread", model=self.name, unread=unread)
        return result

    def _pieces(self, texts: list[str]) -> list[_Piece]:
        classifier = self._classifier
        room = classifier.window - len(classifier.prefix) - len(classifier.suffix)
        # verbose=False: a text beyond the window is split below, so the warning would mislead.
        encoded = classifier.tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
        pieces = []
        for position, ids in enumerate(encoded):
            if not ids or max(ids) >= classifier.vocabulary:
                continue
            bounds = [(0, len(ids))]
            if len(ids) > room:
                offsets = classifier.tokenizer(
                    texts[position],
                    add_special_tokens=False,
                    verbose=False,
                    return_offsets_mapping=True,
                )["offset_mapping"]
                bounds = piece_bounds(texts[position], offsets, room)
            pieces += [_Piece(position, ids[start:stop]) for start, stop in bounds]
        return pieces

    def _read(self, rows: list[list[int]]) -> np.ndarray:
        """Return P(negative) of each row, in smaller parts where all at once fail."""
        try:
            return self._forward(rows, self._classifier.device)
        except RuntimeError as error:  # among them torch.OutOfMemoryError
            if len(rows) == 1:
                log.warning("nlp.row_failed", tokens=len(rows[0]), error=type(error).__name__)
                return self._read_on_cpu(rows)
        half = len(rows) // 2
        return np.concatenate([self._read(rows[:half]), self._read(rows[half:])])

    def _read_on_cpu(self, rows: list[list[int]]) -> np.ndarray:
        """Read without the GPU, whose memory others may have taken; never answer without reading.

        What is stored as "no words" is never read again, so a failure must not look like it.
        """
        model, cpu = self._classifier.model, torch.device("cpu")
        try:
            model.to(cpu)
            p = self._forward(rows, cpu)
            model.to(self._classifier.device)
        except RuntimeError as error:
            reason = type(error).__name__
            raise ModelError(t("nlp.row_failed", model=self.name, reason=reason)) from error
        return p

    def _forward(self, rows: list[list[int]], device: torch.device) -> np.ndarray:
        classifier = self._classifier
        framed = [[*classifier.prefix, *row, *classifier.suffix] for row in rows]
        ids = np.full((len(framed), max(map(len, framed))), classifier.padding, dtype=np.int64)
        mask = np.zeros_like(ids)
        for position, row in enumerate(framed):
            ids[position, : len(row)] = row
            mask[position, : len(row)] = 1
        with torch.inference_mode():
            logits = classifier.model(
                input_ids=torch.from_numpy(ids).to(device),
                attention_mask=torch.from_numpy(mask).to(device),
            ).logits.float()
            p = torch.sigmoid(logits) if classifier.independent else torch.softmax(logits, dim=-1)
            negative: np.ndarray = p[:, classifier.negative].cpu().numpy()
        if np.isnan(negative).any():
            raise ModelError(t("nlp.no_numbers", model=self.name))
        return negative.astype(np.float64)
