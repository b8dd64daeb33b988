"""What training starts from: the base model with another vocabulary and a new head."""

from __future__ import annotations

import torch
from torch import nn

from aura_engine.nlp.mini_torch import EncoderShape, MeanPooledClassifier
from training.base import BaseModel
from training.corpora import LABELS
from training.vocabulary import Vocabulary


def classifier(base: BaseModel, vocabulary: Vocabulary) -> MeanPooledClassifier:
    """Return the base model with the vocabulary's rows and a head that has learnt nothing."""
    shape = encoder_shape(base, vocabulary)
    model = MeanPooledClassifier(shape, len(LABELS))
    weights = {name: torch.from_numpy(value) for name, value in base.weights.items()}
    words = "embeddings.word_embeddings.weight"
    weights[words] = weights[words][torch.from_numpy(vocabulary.rows)]
    model.encoder.load_state_dict(weights)
    return model


def encoder_shape(base: BaseModel, vocabulary: Vocabulary) -> EncoderShape:
    """Return the sizes of the base model with another vocabulary."""
    return EncoderShape(
        vocabulary=len(vocabulary.rows),
        hidden=base.hidden,
        layers=base.layers,
        heads=base.heads,
        intermediate=base.intermediate,
        positions=base.positions,
        epsilon=base.epsilon,
    )


def in_vocabulary(model: nn.Module, base: BaseModel, vocabulary: Vocabulary) -> nn.Module:
    """Return a copy of a model for another vocabulary; word embeddings were never trained."""
    moved = classifier(base, vocabulary)
    words = "encoder.embeddings.word_embeddings.weight"
    learnt = {name: value for name, value in model.state_dict().items() if name != words}
    moved.load_state_dict(learnt, strict=False)
    return moved
