"""The small Spanish model that ships with the project; see ``models/aura-es-mini/MODEL_CARD.md``.

Its weights are stored once, as bytes and scales in a safetensors file, and read from there by an
ONNX graph that lies beside it and by torch.
"""

from __future__ import annotations

from pathlib import Path

from aura_engine.nlp.backend import Backend
from aura_engine.nlp.backend_choice import Builders, fastest
from aura_engine.nlp.classifier import ClassifierScorer
from aura_engine.nlp.encoding import TextEncoder
from aura_engine.nlp.mini_files import (
    CHECKED_FILES,
    DESCRIPTION_FILE,
    GRAPH_FILE,
    MINI_DIRECTORY,
    MINI_NAME,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    MiniFiles,
    find_mini,
)
from aura_engine.nlp.normalise import MINI
from aura_engine.nlp.processors import may_have_accelerator
from aura_engine.setting_types import NlpBackend

__all__ = [
    "CHECKED_FILES",
    "DESCRIPTION_FILE",
    "GRAPH_FILE",
    "MINI_DIRECTORY",
    "MINI_NAME",
    "TOKENIZER_FILE",
    "WEIGHTS_FILE",
    "MiniFiles",
    "find_mini",
    "load_mini",
    "mini_encoder",
]


def load_mini(backend: NlpBackend = "auto", directory: Path = MINI_DIRECTORY) -> ClassifierScorer:
    """Load the shipped model.

    Parameters
    ----------
    backend : {"auto", "torch", "onnx"}
        ``auto`` asks torch only where there may be an accelerator: importing it takes longer than
        loading the model.
    directory : Path
        Holds the model's files.

    Raises
    ------
    ModelError
        If a file is missing or damaged, or nothing here can run the model.
    """
    files = find_mini(directory)
    encoder = mini_encoder(files)
    candidates: Builders = {
        "onnx": lambda: _onnx(files),
        "torch": lambda: _torch(files, encoder),
    }
    spare: Builders = {}
    if backend != "auto":
        candidates = {backend: candidates[backend]}
    else:
        spare = {"torch": lambda: _torch(files, encoder, "cpu")}
        if not may_have_accelerator():
            candidates = {"onnx": candidates["onnx"]}
    return ClassifierScorer(
        MINI_NAME,
        files.revision,
        encoder=encoder,
        backend=fastest(candidates, encoder, MINI_NAME, spare),
        classes=files.classes,
        form=MINI,
        reduced=True,
    )


def mini_encoder(files: MiniFiles) -> TextEncoder:
    """Return the model's tokenizer."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(files.directory / TOKENIZER_FILE))
    vocabulary = tokenizer.get_vocab()
    return TextEncoder(
        tokenizer=tokenizer,
        prefix=(vocabulary["<s>"],),
        suffix=(vocabulary["</s>"],),
        window=files.shape.positions,
        vocabulary=len(vocabulary),
        padding=vocabulary["<pad>"],
        unknown=vocabulary["<unk>"],
    )


def _onnx(files: MiniFiles) -> Backend:
    from aura_engine.nlp.onnx_backend import OnnxBackend

    return OnnxBackend(files.directory / GRAPH_FILE, MINI_NAME, "float32")


def _torch(files: MiniFiles, encoder: TextEncoder, device: str | None = None) -> Backend:
    import torch
    from safetensors.numpy import load_file

    from aura_engine.nlp.half_precision import checked_torch_backend
    from aura_engine.nlp.mini_torch import restored

    weights = load_file(files.directory / WEIGHTS_FILE)
    return checked_torch_backend(
        restored(weights, files.shape, len(files.description["id2label"])),
        encoder,
        files.classes,
        MINI_NAME,
        None if device is None else torch.device(device),
    )
