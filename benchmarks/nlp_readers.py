"""The three ways to read the same texts that ``./aura bench nlp`` compares, each timed."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

from aura_cli.score import PAGE
from aura_engine.logs import configure_logging
from aura_engine.nlp import TextScorer, load_scorer
from aura_engine.nlp.labels import negative_index
from aura_engine.nlp.quiet import quiet_transformers
from aura_engine.nlp.torch_backend import best_device
from benchmarks.measuring import Timed
from benchmarks.nlp_subjects import Subject, parts_of

WARM_UP: Final = 16
PASSES: Final = 4
STATUS: Final = Path("/proc/self/status")


def single(subject: Subject, texts: list[str]) -> Timed:
    """Read one text a call in float32; returns P(negative) of each."""
    read = _shipped_reader(subject) if subject.is_shipped else _documented_reader(subject)
    for text in texts[:WARM_UP]:
        read(text)
    started = time.perf_counter()
    found = [read(text) for text in texts]
    return Timed(time.perf_counter() - started, found)


def pipeline32(subject: Subject, texts: list[str]) -> Timed:
    """Read with the pipeline of transformers, 32 texts at a time in the order in which they come.

    Parameters
    ----------
    subject : Subject
        A directory.
    texts : list of str
        What is read.
    """
    with quiet_transformers():
        read = pipeline(
            "text-classification",
            model=subject.name,
            tokenizer=subject.name,
            dtype=torch.float32,
            device=best_device(),
            batch_size=32,
            top_k=None,
        )
        read(texts[:WARM_UP], truncation=True)
        started = time.perf_counter()
        found = read(texts, truncation=True)
        return Timed(time.perf_counter() - started, len(found))


def ours(subject: Subject, texts: list[str]) -> Timed:
    """Read as the product does; the first pass is timed, three more tell how memory grows.

    Returns P(negative) of each text, what ran the model, the highest memory of one pass, and by
    how many MB it had grown after four.
    """
    configure_logging("warning")
    scorer = load_scorer(subject.name, backend="auto", exports=subject.exports)
    scorer.score(texts[:WARM_UP])
    forget_peak()
    started = time.perf_counter()
    found = _read_in_pages(scorer, texts)
    seconds = time.perf_counter() - started
    peaks = [peak_mb()]
    for _ in range(PASSES - 1):
        _read_in_pages(scorer, texts)
        peaks.append(peak_mb())
    result: dict[str, Any] = {
        "p": found,
        "backend": scorer.backend,
        "peak_mb": peaks[0],
        "growth_mb": peaks[-1] - peaks[0],
    }
    return Timed(seconds, result)


def bf16_flops(size: int = 4096, rounds: int = 50) -> float | None:
    """Return how many operations a second a product of two matrices reaches; None without CUDA."""
    if not torch.cuda.is_available():
        return None
    left, right = (torch.randn(size, size, device="cuda").bfloat16() for _ in range(2))
    for _ in range(rounds):
        left @ right
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(rounds):
        left @ right
    torch.cuda.synchronize()
    return 2 * size**3 * rounds / (time.perf_counter() - started)


def forget_peak() -> None:
    """Let the peak begin anew with what the process holds now, where the kernel can do that."""
    if STATUS.exists():
        STATUS.with_name("clear_refs").write_text("5")


def peak_mb() -> float:
    """Return the process's highest resident memory in MiB since `forget_peak`."""
    if STATUS.exists():
        (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)  # macOS counts bytes


def _read_in_pages(scorer: TextScorer, texts: list[str]) -> list[float]:
    pages = [texts[start : start + PAGE] for start in range(0, len(texts), PAGE)]
    return [p for page in pages for p in scorer.score(page).tolist()]


def _documented_reader(subject: Subject) -> Callable[[str], float]:
    device = best_device()
    with quiet_transformers():
        tokenizer = AutoTokenizer.from_pretrained(subject.name)
        model: Any = AutoModelForSequenceClassification.from_pretrained(
            subject.name, dtype=torch.float32
        )
    model.eval().to(device)
    negative = negative_index(model.config.id2label, None, subject.name)

    def read(text: str) -> float:
        inputs = tokenizer(text, return_tensors="pt", truncation=True).to(device)
        with torch.inference_mode():
            return float(model(**inputs).logits.softmax(-1)[0, negative])

    return read


def _shipped_reader(subject: Subject) -> Callable[[str], float]:
    parts, device = parts_of(subject), best_device()
    model = parts.model.to(device)

    def read(text: str) -> float:
        ids, mask = map(torch.from_numpy, parts.encoder.padded(parts.encoder.pieces([text])))
        with torch.inference_mode():
            logits = model(input_ids=ids.to(device), attention_mask=mask.to(device))
            return float(logits.softmax(-1)[0, parts.classes.negative])

    return read
