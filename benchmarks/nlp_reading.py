"""The measurements of ``./aura bench nlp`` and the figures that they give."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from aura_engine.nlp.torch_backend import TorchBackend
from benchmarks.measuring import Measured, measure
from benchmarks.nlp_readers import bf16_flops, ours, pipeline32, single
from benchmarks.nlp_subjects import Parts, Subject, parts_of

EXACT_TEXTS: Final = 64
MOST_ROUNDING: Final = 1e-5
"""How far float32 may be from float32 in another order of summing."""
Rounds = list[Measured]


@dataclass(frozen=True)
class Reading:
    """What was read, and how long each way of reading took.

    Attributes
    ----------
    lengths : ndarray of int64
        Tokens of each text, special ones included.
    tokenising : float
        Seconds in which all texts were cut into tokens.
    parameters : int
        That each token is multiplied by.
    rounding : float
        Largest difference of our float32 from one text a call.
    single, pipeline, ours : list of Measured
        A round each; none of the pipeline for the shipped model.
    """

    lengths: np.ndarray
    tokenising: float
    parameters: int
    rounding: float
    single: Rounds
    pipeline: Rounds
    ours: Rounds

    def rate(self, rounds: Rounds) -> float:
        """Return texts a second of the fastest round."""
        return len(self.lengths) / min(measured.seconds for measured in rounds)

    @property
    def difference(self) -> float:
        """Largest difference of our P(negative) from that of one text a call."""
        return _apart(self.ours[0].result["p"], self.single[0].result)


def read(subject: Subject, texts: list[str], rounds: int) -> Reading:
    """Read the texts in each way, in turns.

    Parameters
    ----------
    subject : Subject
        The classifier.
    texts : list of str
        Prepared and distinct.
    rounds : int
        How often.

    Raises
    ------
    RuntimeError
        If our float32 is not that of one text a call.
    """
    parts = parts_of(subject)
    started = time.perf_counter()
    pieces = parts.encoder.pieces(texts)
    tokenising = time.perf_counter() - started
    frame = len(parts.encoder.prefix) + len(parts.encoder.suffix)
    measured: tuple[Rounds, Rounds, Rounds] = ([], [], [])
    for _ in range(rounds):
        measured[0].append(measure(single, subject, texts))
        if not subject.is_shipped:
            measured[1].append(measure(pipeline32, subject, texts))
        measured[2].append(measure(ours, subject, texts))
    return Reading(
        np.array([len(piece.tokens) + frame for piece in pieces]),
        tokenising,
        parts.computing_parameters,
        _rounding(parts, subject, texts[:EXACT_TEXTS], measured[0][0].result),
        *measured,
    )


def figures(reading: Reading) -> dict[str, float | None]:
    """Return the figures for scripts; without CUDA there is no ceiling."""
    rate, one = reading.rate(reading.ours), reading.rate(reading.single)
    tokens = rate * float(reading.lengths.mean())
    ceiling = bf16_flops()
    best = min(measured.seconds for measured in reading.ours)
    return {
        "speedup_vs_single": rate / one,
        "speedup_vs_pipeline32": rate / reading.rate(reading.pipeline)
        if reading.pipeline
        else None,
        "max_abs_diff": reading.difference,
        "max_abs_diff_float32": reading.rounding,
        "texts_per_s": rate,
        "tokens_per_s": tokens,
        "share_of_ceiling": 2 * reading.parameters * tokens / ceiling if ceiling else None,
        "share_tokenising": reading.tokenising / best,
        "growth_mb_4x": max(measured.result["growth_mb"] for measured in reading.ours),
    }


def _rounding(parts: Parts, subject: Subject, texts: list[str], expected: list[float]) -> float:
    exact = parts.scorer(TorchBackend(parts.model, torch.device("cpu")), subject.form)
    found = _apart(exact.score(texts).tolist(), expected[: len(texts)])
    if not found <= MOST_ROUNDING:
        raise RuntimeError(f"float32 is {found} away from one text a call")
    return found


def _apart(ours: list[float], theirs: list[float]) -> float:
    return float(np.abs(np.array(ours) - np.array(theirs)).max())
