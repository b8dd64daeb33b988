"""The shipped model as a torch module: an e5 encoder, the mean of its tokens, three classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import BertConfig, BertModel

from aura_engine.nlp.mini_files import EncoderShape

__all__ = ["EncoderShape", "MeanPooledClassifier", "restored"]


class MeanPooledClassifier(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Classes of the mean of an encoder's last hidden states, padding left out.

    Parameters
    ----------
    shape : EncoderShape
        Of the encoder.
    classes : int
        How many classes.
    """

    def __init__(self, shape: EncoderShape, classes: int) -> None:
        super().__init__()
        config = BertConfig(
            vocab_size=shape.vocabulary,
            hidden_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=shape.intermediate,
            max_position_embeddings=shape.positions,
            layer_norm_eps=shape.epsilon,
        )
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.head = nn.Linear(shape.hidden, classes)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return logits, shape (n, classes), of token numbers and their mask, shape (n, tokens)."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * mask).sum(dim=1) / mask.sum(dim=1)
        return cast(torch.Tensor, self.head(mean))


def restored(
    tensors: Mapping[str, NDArray[np.generic]], shape: EncoderShape, classes: int
) -> MeanPooledClassifier:
    """Return the classifier whose weights are stored as bytes and scales.

    Parameters
    ----------
    tensors : mapping of str to ndarray
        ``words`` and ``positions`` as ``weight`` (int8, a row each) and ``scale``; for each layer
        ``attention_input`` (query, key and value side by side), ``attention_output``,
        ``expansion`` and ``contraction`` as ``weight`` (int8, a column for each output), ``scale``
        and ``bias``; ``head`` and the normalisations as float32. Position and token type are one.
    shape : EncoderShape
        Of the encoder.
    classes : int
        How many classes.
    """
    state: dict[str, NDArray[np.float32]] = {
        "head.weight": _floats(tensors["head.weight"]).T,
        "head.bias": _floats(tensors["head.bias"]),
    }
    embeddings = "encoder.embeddings"
    for name, part in (("words", "word"), ("positions", "position")):
        rows = _floats(tensors[f"{name}.weight"]) * _floats(tensors[f"{name}.scale"])
        state[f"{embeddings}.{part}_embeddings.weight"] = rows
    types = np.zeros((2, shape.hidden), dtype=np.float32)
    state[f"{embeddings}.token_type_embeddings.weight"] = types
    norms = {f"{embeddings}.LayerNorm": "embeddings_norm"}
    for layer in range(shape.layers):
        to, at = f"encoder.encoder.layer.{layer}", f"layers.{layer}"
        norms |= {
            f"{to}.attention.output.LayerNorm": f"{at}.attention_norm",
            f"{to}.output.LayerNorm": f"{at}.norm",
        }
        inputs = [f"{to}.attention.self.{part}" for part in ("query", "key", "value")]
        for name, parts in (
            ("attention_input", inputs),
            ("attention_output", [f"{to}.attention.output.dense"]),
            ("expansion", [f"{to}.intermediate.dense"]),
            ("contraction", [f"{to}.output.dense"]),
        ):
            weight = _floats(tensors[f"{at}.{name}.weight"]) * _floats(
                tensors[f"{at}.{name}.scale"]
            )
            bias = _floats(tensors[f"{at}.{name}.bias"])
            for place, part in enumerate(parts):
                state[f"{part}.weight"] = np.array_split(weight.T, len(parts))[place]
                state[f"{part}.bias"] = np.array_split(bias, len(parts))[place]
    for norm, name in norms.items():
        for kind in ("weight", "bias"):
            state[f"{norm}.{kind}"] = _floats(tensors[f"{name}.{kind}"])
    model = MeanPooledClassifier(shape, classes)
    model.load_state_dict(
        {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in state.items()}
    )
    model.eval()
    return model


def _floats(values: NDArray[np.generic]) -> NDArray[np.float32]:
    return values.astype(np.float32)
