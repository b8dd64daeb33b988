"""Which texts the shipped model learns from, and which it is measured on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from training.corpora import (
    Corpus,
    english_of,
    letters_of,
    read_english_xed,
    read_own,
    read_xed,
)

XED_HELD_OUT: Final = 5  # one text in five
OWN_HELD_OUT: Final = 3  # one sentence in three


@dataclass(frozen=True, slots=True)
class Split:
    """Texts to learn from and texts to measure on.

    Attributes
    ----------
    english, xed, unsure, own : Corpus
        To learn from.
    xed_held_out, own_held_out : Corpus
        To measure on; no text to learn from has the letters of one of them.
    kept_out : frozenset of str
        Letters of XED's Spanish lines that were chosen to be held out, copies of texts to learn
        from included; no vocabulary is chosen by them.
    """

    english: Corpus
    xed: Corpus
    unsure: Corpus
    own: Corpus
    xed_held_out: Corpus
    own_held_out: Corpus
    kept_out: frozenset[str]


def split(xed: Path) -> Split:
    """Read the corpora and hold texts out by their letters alone."""
    clear, unsure = read_xed(xed)
    own = read_own()
    clear_fold, own_fold = clear.fold(XED_HELD_OUT), own.fold(OWN_HELD_OUT)
    chosen = clear.part(clear_fold == 0)
    originals = english_of(xed, chosen.texts)
    english = read_english_xed(xed)
    learnt = (
        english.part(np.array([letters_of(text) not in originals for text in english.texts])),
        clear.part(clear_fold != 0),
        unsure,
        own.part(own_fold != 0),
    )
    letters = {letters_of(text) for corpus in learnt for text in corpus.texts}
    return Split(
        *learnt,
        xed_held_out=_without(chosen, letters),
        own_held_out=_without(own.part(own_fold == 0), letters),
        kept_out=frozenset(map(letters_of, chosen.texts)),
    )


def _without(corpus: Corpus, letters: set[str]) -> Corpus:
    return corpus.part(np.array([letters_of(text) not in letters for text in corpus.texts], bool))
