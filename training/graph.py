"""The shipped classifier as an ONNX graph whose weights lie in its safetensors file."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET: Final = 20
MICROSOFT: Final = "com.microsoft"
IR_VERSION: Final = 10
_TYPES: Final = {"I8": TensorProto.INT8, "F32": TensorProto.FLOAT}


class _Graph:
    """Nodes that are strung together by the names of what they give."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(
        self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", **given: Any
    ) -> Any:
        names = [f"{kind}_{len(self.nodes)}_{place}" for place in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **given))
        return names[0] if outputs == 1 else names

    def constant(self, value: np.ndarray) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def table_rows(self, name: str, places: str) -> str:
        rows = self.node("Cast", self.node("Gather", f"{name}.weight", places), to=1)
        return str(self.node("Mul", rows, self.node("Gather", f"{name}.scale", places)))

    def linear(self, name: str, x: str) -> str:
        """Multiply by a matrix that ONNX Runtime restores from its bytes once, when it loads."""
        weight = self.node("Mul", self.node("Cast", f"{name}.weight", to=1), f"{name}.scale")
        return str(self.node("Add", self.node("MatMul", x, weight), f"{name}.bias"))

    def norm(self, name: str, x: str, epsilon: float) -> str:
        weights = (f"{name}.weight", f"{name}.bias")
        return str(self.node("LayerNormalization", x, *weights, axis=-1, epsilon=epsilon))


def build_graph(weights: Path, *, layers: int, heads: int, epsilon: float) -> onnx.ModelProto:
    """Return a graph from token numbers and their mask to logits.

    Parameters
    ----------
    weights : Path
        The safetensors file; the graph must lie beside it.
    layers, heads : int
        Of the encoder.
    epsilon : float
        Of its layer normalisations.
    """
    graph = _Graph()
    length = graph.node("Shape", "input_ids", start=1, end=2)
    first = graph.constant(np.array(0, np.int64))
    step = graph.constant(np.array(1, np.int64))
    places = graph.node("Range", first, graph.node("Squeeze", length), step)
    words = graph.table_rows("words", "input_ids")
    x = graph.node("Add", words, graph.table_rows("positions", places))
    x = graph.norm("embeddings_norm", x, epsilon)
    mask = graph.node("Cast", "attention_mask", to=TensorProto.INT32)
    for layer in range(layers):
        at = f"layers.{layer}"
        split = graph.node(
            "Split", graph.linear(f"{at}.attention_input", x), outputs=3, axis=-1, num_outputs=3
        )
        attended = graph.node(
            "MultiHeadAttention", *split, "", mask, domain=MICROSOFT, num_heads=heads
        )
        attended = graph.linear(f"{at}.attention_output", attended)
        x = graph.norm(f"{at}.attention_norm", graph.node("Add", attended, x), epsilon)
        expanded = graph.node("Gelu", graph.linear(f"{at}.expansion", x))
        contracted = graph.linear(f"{at}.contraction", expanded)
        x = graph.norm(f"{at}.norm", graph.node("Add", contracted, x), epsilon)
    last = graph.constant(np.array([-1], np.int64))
    middle = graph.constant(np.array([1], np.int64))
    share = graph.node("Unsqueeze", graph.node("Cast", "attention_mask", to=1), last)
    total = graph.node("ReduceSum", graph.node("Mul", x, share), middle, keepdims=0)
    count = graph.node("ReduceSum", share, middle, keepdims=0)
    mean = graph.node("Div", total, count)
    graph.nodes.append(helper.make_node("Gemm", [mean, "head.weight", "head.bias"], ["logits"]))

    def numbers(name: str) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])

    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["texts", "classes"])
    described = helper.make_graph(
        graph.nodes,
        "aura-es-mini",
        [numbers("input_ids"), numbers("attention_mask")],
        [logits],
        [*graph.constants, *_outside(weights)],
    )
    operators = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(described, opset_imports=operators, ir_version=IR_VERSION)


def _outside(weights: Path) -> list[onnx.TensorProto]:
    """Describe each tensor of a safetensors file by its place in it."""
    with weights.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    tensors = []
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        tensor = TensorProto(
            name=name,
            data_type=_TYPES[entry["dtype"]],
            dims=entry["shape"],
            data_location=TensorProto.EXTERNAL,
        )
        place = {"location": weights.name, "offset": 8 + size + start, "length": end - start}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        tensors.append(tensor)
    return tensors
