"""Train the reduced model: ``python -m training.reduced --xed DIR [--out DIR]``.

Same inputs, same library versions and same machine give the same bits. The parameters below were
chosen by three-fold cross-validation within the training part; the held-out texts were used only
to measure, and the shipped weights have not seen them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import sklearn
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from aura_engine.nlp.ngrams import (
    NGRAMS_VERSION,
    NgramParameters,
    Ngrams,
    inverse_document_frequency,
    weighted,
)
from aura_engine.nlp.reduced import (
    DESCRIPTION_FILE,
    NEGATIVE,
    REDUCED_DIRECTORY,
    REDUCED_NAME,
    WEIGHTS_FILE,
    calibrated,
    negative_log_odds,
)
from training.card import model_card
from training.corpora import (
    LABELS,
    OWN_SENTENCES,
    XED_FILES,
    Corpus,
    checksum,
    read_own,
    read_xed,
)
from training.measures import measures

VERSION: Final = "1"
SEED: Final = 20240601
FEATURES: Final = NgramParameters(words=(1, 2), characters=(2, 5), bits=17)
INVERSE_REGULARISATION: Final = 2.0
OWN_WEIGHT: Final = 5.0
UNSURE_WEIGHT: Final = 0.3
XED_HELD_OUT: Final = 5  # one text in five
OWN_HELD_OUT: Final = 3  # one sentence in three
FOLDS: Final = 3
MAX_ITERATIONS: Final = 500
WEIGHTS_TYPE: Final = np.float16


@dataclass(frozen=True, slots=True)
class Classifier:
    """What the shipped files hold; arrays are as rounded as they will be stored."""

    idf: np.ndarray
    coefficients: np.ndarray
    intercepts: np.ndarray

    def class_scores(self, counts: sparse.csr_matrix) -> np.ndarray:
        """Return the linear scores of each class, shape (n, 3)."""
        rows = weighted(counts, self.idf.astype(np.float64))
        return rows @ self.coefficients.T.astype(np.float64) + self.intercepts


def fit(parts: list[tuple[Corpus, float]]) -> Classifier:
    """Fit on corpora, each with the weight of one of its texts."""
    texts = [text for corpus, _ in parts for text in corpus.texts]
    classes = np.concatenate([corpus.classes for corpus, _ in parts])
    weights = np.concatenate([np.full(len(corpus.texts), weight) for corpus, weight in parts])
    counts = Ngrams(FEATURES).counts(texts)
    idf = inverse_document_frequency(counts).astype(WEIGHTS_TYPE)
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=MAX_ITERATIONS)
    model.fit(weighted(counts, idf.astype(np.float64)), classes, sample_weight=weights)
    if int(model.n_iter_[0]) >= MAX_ITERATIONS:
        raise RuntimeError(f"the fit did not converge in {MAX_ITERATIONS} iterations")
    return Classifier(idf, model.coef_.astype(WEIGHTS_TYPE), model.intercept_.astype(np.float64))


def fit_calibration(log_odds: np.ndarray, classes: np.ndarray) -> tuple[float, float]:
    """Return Platt's slope and offset of P(negative) on texts that the model has not seen."""
    model = LogisticRegression(C=1e6).fit(log_odds[:, None], classes == LABELS.index(NEGATIVE))
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def train(xed: Path) -> tuple[Classifier, dict[str, Any]]:
    """Fit, calibrate and measure; return the classifier and its description."""
    clear, unsure = read_xed(xed)
    own = read_own()
    clear_fold, own_fold = clear.fold(XED_HELD_OUT), own.fold(OWN_HELD_OUT)
    clear_train, clear_test = clear.part(clear_fold != 0), clear.part(clear_fold == 0)
    own_train, own_test = own.part(own_fold != 0), own.part(own_fold == 0)
    ngrams, negative = Ngrams(FEATURES), LABELS.index(NEGATIVE)

    # Calibrated on the register that the model is for: our own sentences, each scored by a model
    # that was fitted without it.
    folds = own_train.fold(FOLDS, salt="calibration")
    log_odds = np.empty(len(own_train.texts))
    for fold in range(FOLDS):
        model = fit(
            [
                (clear_train, 1.0),
                (own_train.part(folds != fold), OWN_WEIGHT),
                (unsure, UNSURE_WEIGHT),
            ]
        )
        scores = model.class_scores(ngrams.counts(own_train.part(folds == fold).texts))
        log_odds[folds == fold] = negative_log_odds(scores, negative)
    slope, offset = fit_calibration(log_odds, own_train.classes)

    classifier = fit([(clear_train, 1.0), (own_train, OWN_WEIGHT), (unsure, UNSURE_WEIGHT)])
    figures = {}
    for name, corpus in (("xed", clear_test), ("own", own_test)):
        scores = classifier.class_scores(ngrams.counts(corpus.texts))
        figures[name] = {
            "texts": len(corpus.texts),
            **measures(
                corpus.classes,
                calibrated(scores, negative, slope, offset),
                scores.argmax(axis=1),
                seed=SEED,
            ),
        }
    sources = {name: checksum(xed / name) for name in XED_FILES}
    sources[OWN_SENTENCES.name] = checksum(OWN_SENTENCES)
    description = {
        "name": REDUCED_NAME,
        "version": VERSION,
        "labels": list(LABELS),
        "features": asdict(FEATURES),
        "ngrams_version": NGRAMS_VERSION,
        "calibration": {"slope": slope, "offset": offset},
        "training": {
            "seed": SEED,
            "inverse_regularisation": INVERSE_REGULARISATION,
            "texts": {
                "xed": len(clear_train.texts),
                "own": len(own_train.texts),
                "unsure": len(unsure.texts),
            },
            "weights": {"xed": 1.0, "own": OWN_WEIGHT, "unsure": UNSURE_WEIGHT},
            "sha256": sources,
            "scikit_learn": sklearn.__version__,
            "numpy": np.__version__,
        },
        "measured_on_held_out_texts": figures,
    }
    return classifier, description


def write(classifier: Classifier, description: dict[str, Any], out: Path) -> None:
    """Write weights, description and card."""
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out / WEIGHTS_FILE, **asdict(classifier))
    card = model_card(description)
    description["weights_sha256"] = hashlib.sha256((out / WEIGHTS_FILE).read_bytes()).hexdigest()
    text = json.dumps(description, indent=2, ensure_ascii=False, default=lambda m: m.as_json())
    (out / DESCRIPTION_FILE).write_text(text + "\n", encoding="utf-8")
    (out / "MODEL_CARD.md").write_text(card, encoding="utf-8")


def main() -> None:
    """Read the arguments, train, write, and say how it went."""
    parser = argparse.ArgumentParser(prog="python -m training.reduced", description=__doc__)
    parser.add_argument("--xed", type=Path, required=True, help="directory with the XED files")
    parser.add_argument("--out", type=Path, default=REDUCED_DIRECTORY)
    arguments = parser.parse_args()
    with threadpool_limits(limits=1):
        classifier, description = train(arguments.xed)
    write(classifier, description, arguments.out)
    for name, figures in description["measured_on_held_out_texts"].items():
        sys.stdout.write(f"{name}: {', '.join(f'{k} {v}' for k, v in figures.items())}\n")


if __name__ == "__main__":
    main()
