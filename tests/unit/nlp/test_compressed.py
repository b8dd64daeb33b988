from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.numpy import save_file
from scipy.special import softmax

from aura_engine.nlp.mini_torch import EncoderShape, MeanPooledClassifier, restored
from aura_engine.nlp.onnx_backend import OnnxBackend
from aura_engine.nlp.torch_backend import TorchBackend
from training.compress import LIMIT, compressed
from training.graph import build_graph

SHAPE = EncoderShape(
    vocabulary=60, hidden=32, layers=2, heads=2, intermediate=64, positions=20, epsilon=1e-6
)
CLASSES = 3


def tiny(seed: int) -> MeanPooledClassifier:
    """A classifier whose every number matters: nothing is 0 or 1, as fresh biases and norms are."""
    torch.manual_seed(seed)
    model = MeanPooledClassifier(SHAPE, CLASSES)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            spread = 0.5 if name.startswith("head") else 0.15
            parameter.normal_(1.0 if "LayerNorm.weight" in name else 0.0, spread)
    return model.eval()


def batch(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of 1 to 20 tokens, padded."""
    rng = np.random.default_rng(seed)
    lengths = np.array([1, SHAPE.positions, *rng.integers(2, SHAPE.positions, 14)])
    mask = (np.arange(SHAPE.positions) < lengths[:, None]).astype(np.int64)
    return rng.integers(4, SHAPE.vocabulary, mask.shape) * mask + 1 - mask, mask


def p_of(backend: OnnxBackend | TorchBackend, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.asarray(softmax(backend.logits(ids, mask), axis=1))


def on_cpu(model: torch.nn.Module) -> TorchBackend:
    return TorchBackend(model, torch.device("cpu"))


def as_graph(model: MeanPooledClassifier, directory: Path) -> OnnxBackend:
    weights = directory / "model.safetensors"
    save_file(compressed(model, SHAPE.layers), weights)
    graph = build_graph(weights, layers=SHAPE.layers, heads=SHAPE.heads, epsilon=SHAPE.epsilon)
    onnx.save(graph, directory / "model.onnx")
    return OnnxBackend(directory / "model.onnx", "tiny", "float32")


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_restored_weights_differ_from_the_first_by_their_rounding_alone(seed: int) -> None:
    model = tiny(seed)
    before = {name: value.numpy() for name, value in model.state_dict().items()}
    after = {
        name: value.numpy()
        for name, value in restored(compressed(model, SHAPE.layers), SHAPE, CLASSES)
        .state_dict()
        .items()
    }
    assert before.keys() == after.keys()
    places, types = (
        f"encoder.embeddings.{kind}_embeddings.weight" for kind in ("position", "token_type")
    )
    before[places], after[places] = (w[places] + w[types][0] for w in (before, after))
    for name in before.keys() - {types}:
        exact = before[name].ndim == 1 or name.startswith("head")
        step = 0.0 if exact else np.abs(before[name]).max(axis=1, keepdims=True) / LIMIT
        assert (np.abs(after[name] - before[name]) <= 0.5001 * step).all(), name


def test_matrices_are_bytes_that_use_the_whole_range() -> None:
    tensors = compressed(tiny(0), SHAPE.layers)
    matrices = {name: t for name, t in tensors.items() if t.dtype == np.int8}
    assert len(matrices) == 2 + 4 * SHAPE.layers
    for name, matrix in matrices.items():
        assert np.abs(matrix.astype(int)).max() == LIMIT, name


def test_a_row_of_zeros_stays_zero() -> None:
    model = tiny(0)
    with torch.no_grad():
        model.encoder.embeddings.word_embeddings.weight[7] = 0
    words = restored(compressed(model, SHAPE.layers), SHAPE, CLASSES).encoder.embeddings
    assert not words.word_embeddings.weight[7].any()
    assert torch.isfinite(words.word_embeddings.weight).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_restored_weights_and_the_graph_give_the_probabilities_of_the_first(
    tmp_path: Path, seed: int
) -> None:
    model = tiny(seed)
    ids, mask = batch(seed)
    expected = p_of(on_cpu(model), ids, mask)
    assert np.ptp(expected, axis=0).max() > 0.2
    stored = p_of(on_cpu(restored(compressed(model, SHAPE.layers), SHAPE, CLASSES)), ids, mask)
    np.testing.assert_allclose(p_of(as_graph(model, tmp_path), ids, mask), stored, atol=1e-5)
    # 32 columns even out less rounding than the shipped model's 384.
    np.testing.assert_allclose(stored, expected, atol=0.05)


def test_padding_is_no_part_of_the_mean(tmp_path: Path) -> None:
    model = tiny(3)
    ids, mask = batch(3)
    for backend in (on_cpu(model), as_graph(model, tmp_path)):
        together = p_of(backend, ids, mask)
        for place, length in enumerate(mask.sum(axis=1)):
            row = np.s_[place : place + 1, :length]
            np.testing.assert_allclose(
                p_of(backend, ids[row], mask[row])[0], together[place], atol=1e-5
            )


def test_the_graph_holds_no_weights_of_its_own(tmp_path: Path) -> None:
    as_graph(tiny(0), tmp_path)
    stored = onnx.load(tmp_path / "model.onnx", load_external_data=False)
    outside = {t.name for t in stored.graph.initializer if t.external_data}
    with (tmp_path / "model.safetensors").open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    assert outside == header.keys() - {"__metadata__"}
    assert sum(len(t.raw_data) for t in stored.graph.initializer if t.name not in outside) < 100
