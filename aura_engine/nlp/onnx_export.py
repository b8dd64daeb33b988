"""Turn a torch classifier into an 8-bit ONNX graph, once for each revision."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import torch

from aura_engine.errors import ModelError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.nlp.onnx_backend import OnnxBackend
from aura_engine.nlp.quiet_thread import quiet_thread
from aura_engine.nlp.tolerance import TOLERANCE, probe_difference
from aura_engine.nlp.torch_backend import TorchBackend
from aura_engine.nlp.transformers_loading import LoadedClassifier

log = get_logger(__name__)

FORMAT: Final = 1
"""Raised when the same weights come to give another graph."""
GRAPH_FILE: Final = "model.onnx"
RECORD_FILE: Final = "export.json"
_OPSET: Final = 20
_MOST_TEXTS: Final = 4096


class _Logits(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


def export_directory(exports: Path, name: str, revision: str) -> Path:
    """Return where the graph of one revision of one model lies.

    Parameters
    ----------
    exports : Path
        Directory of all graphs.
    name, revision : str
        Of the model.
    """
    return exports / f"{re.sub(r'[^A-Za-z0-9._-]+', '--', name)[-80:]}-{revision[:40]}-{FORMAT}"


def exported_backend(classifier: LoadedClassifier, directory: Path, name: str) -> OnnxBackend:
    """Return a classifier's ONNX graph as a backend, making the graph where there is none yet.

    Weights of matrices are rounded to 7 bits and a sign for each output (all 8 would overflow on
    processors without VNNI), what goes into them by the range of each batch (Jacob et al. 2018,
    as ONNX Runtime's dynamic quantisation does it). Embeddings stay as they are. A model whose
    probabilities that moves by more than `TOLERANCE` keeps float32.

    Parameters
    ----------
    classifier : LoadedClassifier
        On the CPU.
    directory : Path
        Of `export_directory`; written whole or not at all, and anew if it is damaged. Where
        another process was sooner, its graph is used.
    name : str
        Of the model, for errors.

    Raises
    ------
    ModelError
        If the architecture cannot be exported, or there is no place to write to.
    """
    found = _found(directory, name)
    if found is not None:
        return found
    if (directory / RECORD_FILE).exists():
        log.warning("nlp.export_damaged", model=name, directory=str(directory))
    started = time.monotonic()
    log.info("nlp.export_started", model=name)
    making = None
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=directory.parent))
        with quiet_thread():
            record = _make(classifier, making)
        backend = _moved(making, directory, name)
    # Exporters fail in as many ways as there are architectures.
    except Exception as error:
        cause = error.__cause__ or error  # within advice for the exporter's own developers
        reason = f"{type(cause).__name__}: {cause}".split("\n", 1)[0][:300]
        raise ModelError(t("nlp.not_exportable", model=name, reason=reason)) from error
    finally:
        if making is not None:
            shutil.rmtree(making, ignore_errors=True)
    seconds = round(time.monotonic() - started, 1)
    log.info("nlp.export_finished", model=name, seconds=seconds, **record)
    return backend


def _found(directory: Path, name: str) -> OnnxBackend | None:
    """Return the graph that lies there, unless there is none or it is damaged."""
    try:
        return _opened(directory, name)
    except (ModelError, OSError, ValueError, KeyError, TypeError):
        return None


def _moved(making: Path, directory: Path, name: str) -> OnnxBackend:
    """Put a graph where none, or a damaged one, lies; return the one that is there then."""
    try:
        making.rename(directory)
    except OSError:  # something lies there: what another process made meanwhile, or what is damaged
        found = _found(directory, name)
        if found is not None:
            return found
        shutil.rmtree(directory, ignore_errors=True)
        with contextlib.suppress(OSError):
            making.rename(directory)
    return _opened(directory, name)


def _opened(directory: Path, name: str) -> OnnxBackend:
    record = json.loads((directory / RECORD_FILE).read_text(encoding="utf-8"))
    return OnnxBackend(directory / GRAPH_FILE, name, record["numbers"])


def _make(classifier: LoadedClassifier, directory: Path) -> dict[str, Any]:
    """Write the graph that is kept, and a record of how far 8 bits are from float32."""
    exact, rounded = directory / "float32.onnx", directory / "int8.onnx"
    _export(classifier, exact)
    _quantise(exact, rounded)
    difference = probe_difference(
        OnnxBackend(rounded, rounded.name, "int8"),
        TorchBackend(classifier.model, torch.device("cpu"), torch.float32),
        classifier.encoder,
        classifier.classes,
    )
    numbers = "int8" if difference <= TOLERANCE else "float32"
    if numbers == "int8":
        rounded.rename(directory / GRAPH_FILE)
        for leftover in directory.glob("float32.onnx*"):
            leftover.unlink()
    else:
        # Its weights lie beside it in a file that it names.
        exact.rename(directory / GRAPH_FILE)
        rounded.unlink()
    record = {"numbers": numbers, "int8_max_abs_diff": round(difference, 4)}
    (directory / RECORD_FILE).write_text(json.dumps(record), encoding="utf-8")
    return record


def _export(classifier: LoadedClassifier, path: Path) -> None:
    padding = classifier.encoder.padding
    ids = torch.full((2, 9), padding + 1, dtype=torch.int64)
    mask = torch.ones_like(ids)
    ids[1, 6:], mask[1, 6:] = padding, 0
    shape = {
        0: torch.export.Dim("texts", min=1, max=_MOST_TEXTS),
        1: torch.export.Dim("tokens", min=1, max=classifier.encoder.window),
    }
    torch.onnx.export(
        _Logits(classifier.model).eval(),
        (ids, mask),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamo=True,
        dynamic_shapes={"input_ids": shape, "attention_mask": shape},
        external_data=True,
        opset_version=_OPSET,
        verbose=False,
    )


def _quantise(source: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        str(source),
        str(target),
        op_types_to_quantize=["MatMul", "Gemm"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
    )
