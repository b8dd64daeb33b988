"""Fine-tune a classifier on corpora, and score texts with it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn

from aura_engine.nlp.batching import token_budget_batches
from training.corpora import Corpus

TOKENS_AT_ONCE: Final = 640
ROWS_AT_ONCE: Final = 48
LONGEST: Final = 128
WARM_UP: Final = 0.1
WEIGHT_DECAY: Final = 0.01
CLIP: Final = 1.0
SMOOTHING: Final = 0.05


@dataclass(frozen=True, slots=True)
class Stage:
    """One course of training.

    Attributes
    ----------
    parts : tuple of (Corpus, float)
        Corpora and the weight of one of their texts.
    epochs : int
        How often each text is seen.
    rate, head_rate : float
        Highest learning rates of encoder and head.
    """

    parts: tuple[tuple[Corpus, float], ...]
    epochs: int
    rate: float
    head_rate: float


def fine_tune(model: nn.Module, tokenizer: Tokenizer, stage: Stage, *, seed: int) -> None:
    """Train in place; word embeddings stay as they are, so that rare pieces keep their meaning.

    Parameters
    ----------
    model : MeanPooledClassifier
        Changed in place; in evaluation mode afterwards.
    tokenizer : Tokenizer
        Of the model.
    stage : Stage
        What to train on and how.
    seed : int
        Of order and dropout.
    """
    torch.manual_seed(seed)
    shuffle = np.random.default_rng(seed)
    texts = [text for corpus, _ in stage.parts for text in corpus.texts]
    classes = np.concatenate([corpus.classes for corpus, _ in stage.parts])
    weights = np.concatenate([np.full(len(corpus.texts), w) for corpus, w in stage.parts])
    rows = encoded(tokenizer, texts)
    embeddings = model.get_parameter("encoder.embeddings.word_embeddings.weight")
    embeddings.requires_grad_(False)
    head = list(model.get_submodule("head").parameters())
    body = [p for p in model.get_submodule("encoder").parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        [{"params": body, "lr": stage.rate}, {"params": head, "lr": stage.head_rate}],
        weight_decay=WEIGHT_DECAY,
    )
    plan = [batch for _ in range(stage.epochs) for batch in _shuffled(rows, shuffle)]
    warm = max(1, int(WARM_UP * len(plan)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, (len(plan) - step) / (len(plan) - warm + 1))
    )
    model.train()
    started = time.monotonic()
    for step, batch in enumerate(plan):
        ids, mask = padded([rows[place] for place in batch])
        losses = nn.functional.cross_entropy(
            model(ids, mask),
            torch.from_numpy(classes[batch]),
            reduction="none",
            label_smoothing=SMOOTHING,
        )
        share = torch.from_numpy(weights[batch]).float()
        loss = (losses * share).sum() / share.sum()
        loss.backward()
        nn.utils.clip_grad_norm_(body + head, CLIP)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        schedule.step()
        if step % 50 == 0:
            spent = time.monotonic() - started
            sys.stderr.write(f"step {step}/{len(plan)} loss {loss.item():.3f} {spent:.0f} s\n")
    model.eval()


def class_scores(
    model: nn.Module, tokenizer: Tokenizer, texts: Sequence[str]
) -> NDArray[np.float64]:
    """Return the logits of texts, shape (n, classes)."""
    rows = encoded(tokenizer, texts)
    scores: dict[int, NDArray[np.float64]] = {}
    for batch in token_budget_batches([len(row) for row in rows], 4096, 256):
        ids, mask = padded([rows[place] for place in batch])
        with torch.inference_mode():
            logits = model(ids, mask).numpy().astype(np.float64)
        scores.update(zip(batch, logits, strict=True))
    return np.array([scores[place] for place in range(len(rows))])


def encoded(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Return the token numbers of texts, special ones included, at most `LONGEST`."""
    return [
        [*found.ids[: LONGEST - 1], found.ids[-1]] if len(found.ids) > LONGEST else found.ids
        for found in tokenizer.encode_batch(list(texts))
    ]


def padded(rows: Sequence[list[int]], padding: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token numbers and their mask, shape (n, longest)."""
    ids = torch.full((len(rows), max(map(len, rows))), padding, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = 1
    return ids, mask


def _shuffled(rows: Sequence[list[int]], shuffle: np.random.Generator) -> list[list[int]]:
    """Batches of texts of like length, in random order, differently composed each time."""
    jitter = [len(row) + shuffle.uniform(-2, 2) for row in rows]
    batches: list[list[int]] = [[]]
    longest = 0
    for place in sorted(range(len(rows)), key=lambda place: jitter[place]):
        longest = max(longest, len(rows[place]))
        if len(batches[-1]) == ROWS_AT_ONCE or longest * (len(batches[-1]) + 1) > TOKENS_AT_ONCE:
            batches.append([])
            longest = len(rows[place])
        batches[-1].append(place)
    return [batches[place] for place in shuffle.permutation(len(batches)) if batches[place]]
