"""What ``./aura bench nlp`` measures: a classifier, and texts as long as chat is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors.numpy import load_file
from tokenizers import ByteLevelBPETokenizer
from transformers import RobertaConfig, RobertaForSequenceClassification, RobertaTokenizerFast

from aura_engine.demo.texts import TextPool
from aura_engine.nlp import REDUCED_MODEL, TextForm, is_wordless, normalise
from aura_engine.nlp.backend import Backend
from aura_engine.nlp.checkpoint import find_checkpoint
from aura_engine.nlp.classifier import Classes, ClassifierScorer
from aura_engine.nlp.encoding import TextEncoder
from aura_engine.nlp.labels import negative_index
from aura_engine.nlp.mini import WEIGHTS_FILE, find_mini, mini_encoder
from aura_engine.nlp.mini_torch import EncoderShape, restored
from aura_engine.nlp.normalise import MINI, form_for_model
from aura_engine.nlp.quiet import quiet_transformers
from aura_engine.nlp.transformers_loading import load_classifier

SEED: Final = 42
LABELS: Final = ("negative", "neutral", "positive")
OWN_SENTENCES: Final = Path(__file__).parents[1] / "training" / "data" / "own-es.tsv"
VOCABULARY: Final = 50_262
SYMBOLS: Final = 4_000
"""So many cut chat into 1.3 tokens a word, as the vocabularies of large Spanish models do."""
SENTENCES: Final = {1: 0.801, 2: 0.13, 3: 0.05, 5: 0.015, 9: 0.004}
"""How many sentences a text has, and how often: 19 tokens on average, some 132 at most."""
SHIPPED_SENTENCES: Final = {1: 0.92, 2: 0.06, 3: 0.01, 5: 0.006, 7: 0.004}
"""The same for the shipped model, whose vocabulary cuts a word into more tokens."""
MOST_TEXTS: Final = 16_000


@dataclass(frozen=True)
class Subject:
    """The classifier that is measured.

    Attributes
    ----------
    name : str
        Its directory, or the name of the shipped model.
    exports : Path
        Where its 8-bit graph is kept.
    """

    name: str
    exports: Path

    @property
    def is_shipped(self) -> bool:
        return self.name == REDUCED_MODEL

    @property
    def form(self) -> TextForm:
        return MINI if self.is_shipped else form_for_model(self.name)


@dataclass(frozen=True)
class Parts:
    """A classifier taken apart: what cuts, what computes in float32, and how it is read."""

    encoder: TextEncoder
    model: Any
    classes: Classes

    def scorer(self, backend: Backend, form: TextForm) -> ClassifierScorer:
        """Return the product's scorer on this backend."""
        return ClassifierScorer(
            "bench", "bench", encoder=self.encoder, backend=backend, classes=self.classes, form=form
        )

    @property
    def computing_parameters(self) -> int:
        """Parameters that each token is multiplied by."""
        named = self.model.named_parameters()
        return sum(values.numel() for name, values in named if "embeddings" not in name)


def parts_of(subject: Subject) -> Parts:
    """Load a classifier on the CPU in float32."""
    if not subject.is_shipped:
        loaded = load_classifier(find_checkpoint(subject.name, None, None), None)
        return Parts(loaded.encoder, loaded.model, loaded.classes)
    files = find_mini()
    labels = {int(place): label for place, label in files.description["id2label"].items()}
    model = restored(
        load_file(files.directory / WEIGHTS_FILE),
        EncoderShape(**files.description["encoder"]),
        len(labels),
    )
    return Parts(mini_encoder(files), model, Classes(negative_index(labels, None, subject.name)))


def save_checkpoint(directory: Path, *, layers: int, hidden: int) -> None:
    """Save a classifier of RoBERTa's architecture with random weights, as a hub would hold it.

    Parameters
    ----------
    directory : Path
        Is made.
    layers, hidden : int
        12 and 768 for RoBERTa-base.
    """
    directory.mkdir()
    lines = OWN_SENTENCES.read_text(encoding="utf-8").splitlines()
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(
        [*(line.partition("\t")[2] for line in lines), *_pool()],
        vocab_size=SYMBOLS,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False,
    )
    vocabulary, merges = bpe.save_model(str(directory))
    RobertaTokenizerFast(vocab=vocabulary, merges=merges, model_max_length=512).save_pretrained(
        directory
    )
    torch.manual_seed(SEED)
    config = RobertaConfig(
        vocab_size=VOCABULARY,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=max(1, hidden // 64),
        intermediate_size=4 * hidden,
        max_position_embeddings=514,
        initializer_range=0.05,
        id2label=dict(enumerate(LABELS)),
        label2id={label: place for place, label in enumerate(LABELS)},
    )
    with quiet_transformers():
        RobertaForSequenceClassification(config).save_pretrained(directory)


def sample_texts(count: int, form: TextForm) -> list[str]:
    """Draw distinct texts of the demo, prepared, most of one sentence and a few of many."""
    pool = _pool()
    mix = SHIPPED_SENTENCES if form == MINI else SENTENCES
    numbers, shares = list(mix), list(mix.values())
    random = np.random.default_rng(SEED)
    texts: dict[str, None] = {}
    while len(texts) < count:
        number = int(random.choice(numbers, p=shares))
        drawn = " ".join(pool[place] for place in random.integers(len(pool), size=number))
        if not is_wordless(drawn):
            texts[normalise(drawn, form)] = None
    return list(texts)


@cache
def _pool() -> tuple[str, ...]:
    return TextPool(SEED).texts
