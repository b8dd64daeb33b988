"""The small classifier that ships with the project, for machines without a better model.

Multinomial logistic regression over hashed n-grams; see ``models/reducido/MODEL_CARD.md`` for
what it was trained on, how well it reads, and where it fails.
"""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aura_engine.errors import ModelError
from aura_engine.i18n import t
from aura_engine.nlp.ngrams import NGRAMS_VERSION, NgramParameters, Ngrams, weighted
from aura_engine.nlp.normalise import REDUCED
from aura_engine.nlp.scorer import Probabilities, score_distinct

REDUCED_NAME: Final = "reducido"
REDUCED_DIRECTORY: Final = Path(__file__).with_name("models") / REDUCED_NAME
WEIGHTS_FILE: Final = "weights.npz"
DESCRIPTION_FILE: Final = "model.json"
NEGATIVE: Final = "negative"
_ROWS_AT_ONCE: Final = 2048


class ReducedScorer:
    """Score texts with the reduced model.

    Parameters
    ----------
    directory : Path
        Holds ``weights.npz`` and ``model.json``.

    Raises
    ------
    ModelError
        If a file is missing or damaged, or belongs to another version of the code.
    """

    def __init__(self, directory: Path = REDUCED_DIRECTORY) -> None:
        try:
            raw = (directory / WEIGHTS_FILE).read_bytes()
            description: dict[str, Any] = json.loads(
                (directory / DESCRIPTION_FILE).read_text(encoding="utf-8")
            )
            checksum = hashlib.sha256(raw).hexdigest()
            if checksum != description["weights_sha256"]:
                raise ValueError(f"{WEIGHTS_FILE}: sha256")
            if description["ngrams_version"] != NGRAMS_VERSION:
                raise ValueError(f"ngrams_version {description['ngrams_version']}")
            with np.load(directory / WEIGHTS_FILE, allow_pickle=False) as weights:
                self._idf = weights["idf"].astype(np.float64)
                coefficients = weights["coefficients"].astype(np.float64)
                self._intercepts = weights["intercepts"].astype(np.float64)
            features = description["features"]
            self._ngrams = Ngrams(
                NgramParameters(
                    words=tuple(features["words"]),
                    characters=tuple(features["characters"]),
                    bits=features["bits"],
                )
            )
            self._negative = description["labels"].index(NEGATIVE)
            self._slope = float(description["calibration"]["slope"])
            self._offset = float(description["calibration"]["offset"])
            self._version = str(description["version"])
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise ModelError(t("nlp.reduced_damaged", directory=directory, reason=error)) from error
        self._coefficients = np.ascontiguousarray(coefficients.T)
        self._checksum = checksum

    @property
    def name(self) -> str:
        """``"reducido"``."""
        return REDUCED_NAME

    @property
    def revision(self) -> str:
        """Name and version of the model, and the beginning of its weights' checksum."""
        return f"{REDUCED_NAME}-{self._version}-{self._checksum[:16]}"

    @property
    def reduced(self) -> bool:
        """True."""
        return True

    def score(self, texts: Sequence[str]) -> Probabilities:
        """Return P(negative) of each text; see `aura_engine.nlp.scorer.TextScorer`."""
        return score_distinct(texts, REDUCED, self._score_distinct)

    def _score_distinct(self, texts: list[str]) -> Probabilities:
        parts = [
            calibrated(
                self._class_scores(texts[start : start + _ROWS_AT_ONCE]),
                self._negative,
                self._slope,
                self._offset,
            )
            for start in range(0, len(texts), _ROWS_AT_ONCE)
        ]
        return np.concatenate(parts).astype(np.float32)

    def _class_scores(self, texts: list[str]) -> NDArray[np.float64]:
        rows = weighted(self._ngrams.counts(texts), self._idf)
        scores: NDArray[np.float64] = rows @ self._coefficients + self._intercepts
        return scores


def negative_log_odds(class_scores: NDArray[np.float64], negative: int) -> NDArray[np.float64]:
    """Return ln(P(negative) / P(any other class)) of a softmax over the columns."""
    others = np.delete(class_scores, negative, axis=1)
    highest = others.max(axis=1)
    odds: NDArray[np.float64] = (
        class_scores[:, negative] - highest - np.log(np.exp(others - highest[:, None]).sum(axis=1))
    )
    return odds


def calibrated(
    class_scores: NDArray[np.float64], negative: int, slope: float, offset: float
) -> NDArray[np.float64]:
    """Return P(negative) = σ(slope · log odds + offset) (Platt 1999); monotone for slope > 0.

    Parameters
    ----------
    class_scores : ndarray, shape (n, classes)
        Logits.
    negative : int
        Column of the negative class.
    slope, offset : float
        Of the calibration.

    Returns
    -------
    ndarray, shape (n,)
        In [0, 1], higher is more negative.

    Raises
    ------
    ModelError
        If the calibration would turn the order round or give no number.
    """
    if not (slope > 0 and math.isfinite(offset)):
        raise ModelError(t("nlp.reduced_calibration"))
    logits = slope * negative_log_odds(class_scores, negative) + offset
    return np.exp(-np.logaddexp(0.0, -logits))
