"""Figures of a classifier on texts that it has not seen, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import f1_score, roc_auc_score

NEGATIVE = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def as_json(self) -> list[float]:
        """Return ``[value, low, high]``, rounded."""
        return [round(self.value, 4), round(self.low, 4), round(self.high, 4)]

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}–{self.high:.3f})"


def measures(
    classes: np.ndarray,
    p_negative: np.ndarray,
    predicted: np.ndarray,
    *,
    seed: int,
    resamples: int = 1000,
) -> dict[str, Measure]:
    """Return negative ROC-AUC, expected calibration error and macro-F1 of three classes."""
    figures: dict[str, Callable[[np.ndarray], float]] = {
        "negative_roc_auc": lambda i: float(roc_auc_score(classes[i] == NEGATIVE, p_negative[i])),
        "ece": lambda i: calibration_error(classes[i] == NEGATIVE, p_negative[i]),
        "macro_f1": lambda i: float(f1_score(classes[i], predicted[i], average="macro")),
    }
    generator = np.random.default_rng(seed)
    samples = generator.integers(len(classes), size=(resamples, len(classes)))
    result = {}
    for name, figure in figures.items():
        drawn = [figure(sample) for sample in samples]
        low, high = np.quantile(drawn, [0.025, 0.975])
        result[name] = Measure(figure(np.arange(len(classes))), float(low), float(high))
    return result


def calibration_error(truth: np.ndarray, p: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error over `bins` bins of equal width (Guo et al. 2017)."""
    place = np.minimum((p * bins).astype(int), bins - 1)
    gaps = [
        abs(truth[place == b].mean() - p[place == b].mean()) * (place == b).mean()
        for b in range(bins)
        if (place == b).any()
    ]
    return float(sum(gaps))
