"""Write the shipped model's files, and measure what they hold."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from safetensors.numpy import save_file
from scipy.special import softmax
from tokenizers import Tokenizer
from torch import nn

from aura_engine.nlp.mini import (
    CHECKED_FILES,
    DESCRIPTION_FILE,
    GRAPH_FILE,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    find_mini,
    mini_encoder,
)
from aura_engine.nlp.onnx_backend import OnnxBackend
from training.card import model_card
from training.compress import compressed
from training.corpora import LABELS, Corpus
from training.graph import build_graph
from training.measures import measures

CARD_FILE = "MODEL_CARD.md"
PLOT_FILE = "reliability.svg"


def write(model: nn.Module, tokenizer: Tokenizer, description: dict[str, Any], out: Path) -> None:
    """Write weights, graph, tokenizer and description.

    Parameters
    ----------
    model : MeanPooledClassifier
        Fine-tuned and calibrated.
    tokenizer : Tokenizer
        Of its vocabulary.
    description : dict
        What ``model.json`` says; checksums are added.
    out : Path
        Directory to write to.
    """
    out.mkdir(parents=True, exist_ok=True)
    shape = description["encoder"]
    save_file(compressed(model, shape["layers"]), out / WEIGHTS_FILE)
    (out / WEIGHTS_FILE).chmod(0o644)  # safetensors writes for its owner alone
    graph = build_graph(
        out / WEIGHTS_FILE,
        layers=shape["layers"],
        heads=shape["heads"],
        epsilon=shape["epsilon"],
    )
    onnx.save(graph, out / GRAPH_FILE)
    tokenizer.save(str(out / TOKENIZER_FILE), pretty=False)
    description["sha256"] = {
        name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in CHECKED_FILES
    }
    _save(description, out)


def measure(out: Path, held_out: dict[str, Corpus], *, seed: int) -> dict[str, Any]:
    """Measure the written model on texts that it has not seen; add figures, card and plot.

    Parameters
    ----------
    out : Path
        Directory of the written model.
    held_out : dict of str to Corpus
        By name.
    seed : int
        Of the bootstrap.

    Raises
    ------
    ValueError
        If a text has no token, or is longer than the model's window: a figure is of whole texts.
    """
    from training.reliability import draw_reliability  # matplotlib draws, and nothing else here

    description = json.loads((out / DESCRIPTION_FILE).read_text(encoding="utf-8"))
    files = find_mini(out)
    encoder, backend = mini_encoder(files), OnnxBackend(out / GRAPH_FILE, files.revision, "float32")
    figures, curves = {}, {}
    for name, corpus in held_out.items():
        pieces = encoder.pieces(corpus.texts)
        if [piece.text for piece in pieces] != list(range(len(corpus.texts))):
            raise ValueError(f"{name}: a held-out text has other than one piece")
        logits = np.concatenate([backend.logits(*encoder.padded([piece])) for piece in pieces])
        p = softmax(logits.astype(np.float64), axis=1)
        negative = p[:, LABELS.index("negative")]
        figures[name] = {
            "texts": len(corpus.texts),
            **measures(corpus.classes, negative, p.argmax(axis=1), seed=seed),
        }
        curves[name] = (corpus.classes == LABELS.index("negative"), negative)
    description["measured_on_held_out_texts"] = figures
    _save(description, out)
    draw_reliability(curves, out / PLOT_FILE)
    (out / CARD_FILE).write_text(model_card(description), encoding="utf-8")
    return figures


def learnt_from(out: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that the written model has learnt from, by its name."""
    description = json.loads((out / DESCRIPTION_FILE).read_text(encoding="utf-8"))
    return dict(description["training"]["sha256"])


def _save(description: dict[str, Any], out: Path) -> None:
    text = json.dumps(description, indent=2, ensure_ascii=False, default=lambda m: m.as_json())
    (out / DESCRIPTION_FILE).write_text(text + "\n", encoding="utf-8")
