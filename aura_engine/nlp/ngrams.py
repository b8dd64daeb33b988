"""Texts as weighted counts of word and character n-grams, hashed so that no vocabulary is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer

NGRAMS_VERSION: Final = 1
"""Raised when the same parameters come to mean other features."""

_WORDS_AND_MARKS: Final = r"(?u)\w+|[^\w\s]"
_NEGATED: Final = re.compile(
    r"\b(?:no|nunca|nada|nadie|jamás|ni|sin|tampoco)\b((?:\s+\w+){1,3})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class NgramParameters:
    """Which n-grams are counted.

    Attributes
    ----------
    words, characters : tuple of (int, int)
        Shortest and longest n-gram of words and marks, and of characters inside words.
    bits : int
        Each of the two blocks has ``2**bits`` columns.
    """

    words: tuple[int, int]
    characters: tuple[int, int]
    bits: int


class Ngrams:
    """Hash texts into rows of ``1 + log(count)``; stateless."""

    def __init__(self, parameters: NgramParameters) -> None:
        self.parameters = parameters
        shared: dict[str, Any] = {
            "n_features": 2**parameters.bits,
            "norm": None,
            "alternate_sign": False,
            "lowercase": False,
        }
        self._blocks = (
            HashingVectorizer(
                ngram_range=parameters.words, token_pattern=_WORDS_AND_MARKS, **shared
            ),
            HashingVectorizer(analyzer="char_wb", ngram_range=parameters.characters, **shared),
        )

    @property
    def columns(self) -> int:
        """Number of columns of both blocks."""
        return int(len(self._blocks) * 2**self.parameters.bits)

    def counts(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Return the damped counts, shape (n, `columns`)."""
        words, characters = self._blocks
        matrix = sparse.hstack(
            [words.transform(map(_with_negated_words, texts)), characters.transform(texts)]
        ).tocsr()
        matrix.data = 1.0 + np.log(matrix.data)
        return matrix


def weighted(counts: sparse.csr_matrix, idf: NDArray[np.floating[Any]]) -> sparse.csr_matrix:
    """Multiply columns by `idf` and scale each row to length 1 (rows of zeros stay)."""
    matrix = counts @ sparse.diags(idf.astype(np.float64))
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    lengths[lengths == 0.0] = 1.0
    return (sparse.diags(1.0 / lengths) @ matrix).tocsr()


def inverse_document_frequency(counts: sparse.csr_matrix) -> NDArray[np.float64]:
    """Return ``ln((1 + n) / (1 + df)) + 1`` of each column (smoothed, as scikit-learn's)."""
    documents = np.bincount(counts.indices, minlength=counts.shape[1])
    idf: NDArray[np.float64] = np.log((1 + counts.shape[0]) / (1 + documents)) + 1.0
    return idf


def _with_negated_words(text: str) -> str:
    """Repeat the up to three words after a negation with a mark (after Das and Chen 2001).

    Two neighbouring words do not reach from "no" to "feliz" in "no estoy feliz".
    """
    marked = ["no_" + word for found in _NEGATED.finditer(text) for word in found.group(1).split()]
    return " ".join([text, *marked])
