"""Train the shipped model: ``python -m training.nlp --xed DIR [--out DIR] [--measure-only]``.

The base model learns sentiment from XED's English lines, which are many and annotated by people,
then Spanish from XED's projected lines and our own sentences; the temperature is fitted with a
model that has not seen the texts it is fitted on. The held-out texts are used to measure only,
and English lines that they were translated from are left out.
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import tokenizers
import torch
import transformers
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from torch import nn

from aura_engine.nlp.emoji_names import EMOJI_NAMES
from aura_engine.nlp.mini import MINI_DIRECTORY
from training.base import read_base, tokenizer_file, weights_file
from training.corpora import (
    LABELS,
    OWN_SENTENCES,
    XED_FILES,
    Corpus,
    checksum,
    letters_of,
    read_spanish_lines,
)
from training.finetune import Stage, class_scores, fine_tune
from training.held_out import Split, split
from training.inputs import OtherInput, check_inputs
from training.shipped import learnt_from, measure, write
from training.start import classifier, encoder_shape, in_vocabulary
from training.vocabulary import Vocabulary, pruned

VERSION: Final = "1"
SEED: Final = 20261125
THREADS: Final = 2
PIECES_OF_BOTH: Final = 24_000
PIECES: Final = 14_000
CALIBRATING: Final = 5  # one sentence in five of the rest
ENGLISH_EPOCHS: Final = 2
SPANISH_EPOCHS: Final = 3
RATE: Final = 5e-5
HEAD_RATE: Final = 1e-3
OWN_WEIGHT: Final = 3.0
UNSURE_WEIGHT: Final = 0.3
XED_NEGATIVE_WEIGHT: Final = 0.5
"""Two thirds of XED's lines are negative; a chat is not."""
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzáéíóúüñç0123456789.,;:!?¡¿'\"-()/@#%&*+=_$€…"
_EMOJI_RANGES: Final = ((0x2600, 0x27BF), (0x1F300, 0x1FAFF))


def vocabularies(texts: Split, xed: Path) -> tuple[Vocabulary, Vocabulary]:
    """Return the pieces of both languages, and those of Spanish among them."""
    description = tokenizer_file().read_text(encoding="utf-8")
    emoji = "".join(chr(c) for low, high in _EMOJI_RANGES for c in range(low, high + 1))
    alphabet = _LETTERS + emoji + "".join(name[0] for name in EMOJI_NAMES)
    lines = [line for line in read_spanish_lines(xed) if letters_of(line) not in texts.kept_out]
    spanish = [*lines, *texts.xed.texts, *texts.unsure.texts, *texts.own.texts]
    return (
        pruned(description, [*spanish, *texts.english.texts], alphabet, PIECES_OF_BOTH),
        pruned(description, spanish, alphabet, PIECES),
    )


def spanish_course(texts: Split, own: Corpus) -> Stage:
    """Return the course of Spanish with some of our own sentences."""
    parts = [(texts.xed.of_class(label), 1.0) for label in LABELS[1:]]
    return Stage(
        parts=(
            (texts.xed.of_class(LABELS[0]), XED_NEGATIVE_WEIGHT),
            *parts,
            (texts.unsure, UNSURE_WEIGHT),
            (own, OWN_WEIGHT),
        ),
        epochs=SPANISH_EPOCHS,
        rate=RATE,
        head_rate=HEAD_RATE,
    )


def fit_temperature(logits: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    """Return the temperature of least log loss (Guo et al. 2017)."""

    def loss(log_temperature: float) -> float:
        scaled = torch.from_numpy(logits / np.exp(log_temperature))
        return float(nn.functional.cross_entropy(scaled, torch.from_numpy(classes)))

    found = minimize_scalar(loss, bounds=(np.log(0.2), np.log(5.0)), method="bounded")
    return float(np.exp(found.x))


def train(xed: Path, texts: Split) -> tuple[nn.Module, Vocabulary, dict[str, Any]]:
    """Train and calibrate; return the model, its vocabulary, and what was done."""
    torch.set_num_threads(THREADS)
    torch.manual_seed(SEED)
    both, spanish = vocabularies(texts, xed)
    base = read_base(weights_file())
    model: nn.Module = classifier(base, both)
    english = Stage(((texts.english, 1.0),), ENGLISH_EPOCHS, RATE, HEAD_RATE)
    fine_tune(model, both.tokenizer, english, seed=SEED)
    model = in_vocabulary(model, base, spanish)

    calibrating = texts.own.fold(CALIBRATING, salt="calibration") == 0
    trial = copy.deepcopy(model)
    fine_tune(
        trial, spanish.tokenizer, spanish_course(texts, texts.own.part(~calibrating)), seed=SEED
    )
    asked = texts.own.part(calibrating)
    logits = class_scores(trial, spanish.tokenizer, asked.texts)
    temperature = fit_temperature(logits, asked.classes)

    fine_tune(model, spanish.tokenizer, spanish_course(texts, texts.own), seed=SEED)
    with torch.no_grad():  # a temperature divides the logits, which the head alone makes
        for parameter in model.get_submodule("head").parameters():
            parameter /= temperature
    sources = {name: checksum(xed / name) for name in XED_FILES}
    sources |= {path.name: checksum(path) for path in (OWN_SENTENCES, weights_file())}
    sources[tokenizer_file().name] = checksum(tokenizer_file())
    return (
        model,
        spanish,
        {
            "version": VERSION,
            "id2label": dict(enumerate(LABELS)),
            "encoder": encoder_shape(base, spanish).as_dict(),
            "training": {
                "seed": SEED,
                "threads": THREADS,
                "temperature": round(temperature, 4),
                "texts": {
                    "english": len(texts.english.texts),
                    "xed": len(texts.xed.texts),
                    "unsure": len(texts.unsure.texts),
                    "own": len(texts.own.texts),
                    "calibrating": len(asked.texts),
                },
                "sha256": sources,
                "libraries": {
                    library.__name__: library.__version__
                    for library in (torch, transformers, tokenizers, onnx, np)
                },
            },
        },
    )


def main() -> None:
    """Read the arguments, train, write, measure what was written, and say how it went."""
    arguments = _arguments()
    held_out = split(arguments.xed)
    if not arguments.measure_only:
        started = time.monotonic()
        model, vocabulary, description = train(arguments.xed, held_out)
        description["training"]["minutes"] = round((time.monotonic() - started) / 60, 1)
        write(model, vocabulary.tokenizer, description, arguments.out)
    parts = {"xed": held_out.xed_held_out, "own": held_out.own_held_out}
    for name, figures in measure(arguments.out, parts, seed=SEED).items():
        sys.stdout.write(f"{name}: {', '.join(f'{k} {v}' for k, v in figures.items())}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.nlp", description=__doc__)
    parser.add_argument("--xed", type=Path, required=True, help="directory with the XED files")
    parser.add_argument("--out", type=Path, default=MINI_DIRECTORY)
    parser.add_argument(
        "--measure-only",
        action="store_true",
        help="train nothing: measure the model in --out, rewrite its figures, card and plot",
    )
    parser.add_argument(
        "--other-inputs", action="store_true", help="with files of other checksums as well"
    )
    arguments = parser.parse_args()
    xed = [arguments.xed / name for name in XED_FILES]
    try:
        if arguments.other_inputs:
            return arguments
        if arguments.measure_only:
            check_inputs([*xed, OWN_SENTENCES], learnt_from(arguments.out))
        else:
            check_inputs(xed)
            check_inputs([weights_file(), tokenizer_file()])
    except OtherInput as error:
        parser.error(str(error))
    return arguments


if __name__ == "__main__":
    main()
