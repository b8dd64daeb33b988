"""``./aura bench nlp``: reading texts, beside one text a call and the pipeline of transformers.

All three read the same distinct texts with the same weights: a classifier of RoBERTa-base's
architecture with random ones, made on the spot, or the model that ships (``--model``). Every rate
is the fastest of its rounds, each in a process of its own; rounds take turns, so that whatever
else the machine does meets them alike. Nothing is asked of a network.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
import torch

from aura_engine.logs import configure_logging
from aura_engine.nlp import REDUCED_MODEL
from benchmarks.measuring import print_figures
from benchmarks.nlp_reading import EXACT_TEXTS, Reading, figures, read
from benchmarks.nlp_rerun import texts_given
from benchmarks.nlp_subjects import MOST_TEXTS, Subject, sample_texts, save_checkpoint


def main() -> None:
    """Measure, print a table and the figures."""
    options = _options()
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    configure_logging("warning")
    with tempfile.TemporaryDirectory(prefix="aura-bench-nlp-") as directory:
        name = options.model or str(Path(directory) / "roberta")
        subject = Subject(name, Path(directory) / "onnx")
        if not subject.is_shipped:
            save_checkpoint(Path(name), layers=options.layers, hidden=options.hidden)
        reading = read(subject, sample_texts(options.texts, subject.form), options.rounds)
    given = texts_given(options.users)
    _print_table(reading)
    print(f"texts given to the model by a run, and by the next one: {given[0]:,}, {given[1]:,}")
    print_figures(figures(reading) | {"second_run_model_calls": given[1]}, digits=9)
    if given[1]:
        raise RuntimeError(f"the next run gave the model {given[1]:,} texts again")


def _print_table(reading: Reading) -> None:
    lengths = reading.lengths
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    print(
        f"{len(lengths):,} texts, {lengths.mean():.1f} tokens on average, {lengths.max()} at most"
    )
    spread = np.percentile(reading.single[0].result, [0, 50, 100])
    print("P(negative) least, median, most: " + ", ".join(f"{p:.3f}" for p in spread))
    print(f"{'':44}{'texts/s':>10}{'seconds':>10}")
    for name, rounds in (
        (f"one text a call, float32, {device}", reading.single),
        (f"pipeline of transformers, 32, {device}", reading.pipeline),
        (f"ours, {reading.ours[0].result['backend']}", reading.ours),
    ):
        if rounds:
            seconds = min(measured.seconds for measured in rounds)
            print(f"{name:44}{reading.rate(rounds):10.1f}{seconds:10.2f}")
    memory = reading.ours[0].result
    print(
        f"ours, peak of one pass {memory['peak_mb']:.0f} MB, after four {memory['growth_mb']:+.1f}"
    )


def _options() -> argparse.Namespace:
    many = 8_192 if torch.cuda.is_available() else 1_024
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=many, help=f"at most {MOST_TEXTS:,}")
    parser.add_argument("--model", choices=[REDUCED_MODEL], help="instead of RoBERTa-base")
    parser.add_argument("--users", type=int, default=150, help="people of the two runs")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of which the fastest counts")
    parser.add_argument("--layers", type=int, default=12, help="of the architecture")
    parser.add_argument("--hidden", type=int, default=768, help="of the architecture")
    options = parser.parse_args()
    if not EXACT_TEXTS <= options.texts <= MOST_TEXTS:
        parser.error(f"--texts: {EXACT_TEXTS} to {MOST_TEXTS}")
    return options


if __name__ == "__main__":
    main()
