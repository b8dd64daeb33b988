"""Round a fine-tuned classifier's weights to eight bits, one scale a row or column."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from torch import nn

Tensors = dict[str, NDArray[np.generic]]

LIMIT: Final = 127


def compressed(model: nn.Module, layers: int) -> Tensors:
    """Return what `aura_engine.nlp.mini_torch.restored` describes, as it is stored.

    Parameters
    ----------
    model : MeanPooledClassifier
        Fine-tuned; on the CPU.
    layers : int
        Of its encoder.
    """
    state = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    embeddings = "encoder.embeddings"
    words = state[f"{embeddings}.word_embeddings.weight"]
    places = (
        state[f"{embeddings}.position_embeddings.weight"]
        + state[f"{embeddings}.token_type_embeddings.weight"][0]
    )
    tensors: Tensors = {
        **_table("words", words),
        **_table("positions", places),
        **_norm("embeddings_norm", state, f"{embeddings}.LayerNorm"),
        "head.weight": np.ascontiguousarray(state["head.weight"].T),
        "head.bias": state["head.bias"],
    }
    for layer in range(layers):
        at, to = f"encoder.encoder.layer.{layer}", f"layers.{layer}"
        attention = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]
        tensors |= _matrix(
            f"{to}.attention_input",
            np.concatenate([state[f"{part}.weight"] for part in attention]),
            np.concatenate([state[f"{part}.bias"] for part in attention]),
        )
        for name, part in (
            ("attention_output", "attention.output.dense"),
            ("expansion", "intermediate.dense"),
            ("contraction", "output.dense"),
        ):
            tensors |= _matrix(
                f"{to}.{name}", state[f"{at}.{part}.weight"], state[f"{at}.{part}.bias"]
            )
        tensors |= _norm(f"{to}.attention_norm", state, f"{at}.attention.output.LayerNorm")
        tensors |= _norm(f"{to}.norm", state, f"{at}.output.LayerNorm")
    return tensors


def _rounded(
    values: NDArray[np.float32],
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    scale = np.maximum(np.abs(values).max(axis=1), 1e-8).astype(np.float32) / np.float32(LIMIT)
    return np.rint(values / scale[:, None]).astype(np.int8), scale


def _table(name: str, rows: NDArray[np.float32]) -> Tensors:
    numbers, scale = _rounded(rows)
    return {f"{name}.weight": numbers, f"{name}.scale": scale[:, None]}


def _matrix(name: str, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> Tensors:
    numbers, scale = _rounded(weight)
    return {
        f"{name}.weight": np.ascontiguousarray(numbers.T),
        f"{name}.scale": scale,
        f"{name}.bias": bias,
    }


def _norm(name: str, state: dict[str, NDArray[np.float32]], at: str) -> Tensors:
    return {f"{name}.weight": state[f"{at}.weight"], f"{name}.bias": state[f"{at}.bias"]}
