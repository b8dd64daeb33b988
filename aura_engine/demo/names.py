"""Invented names: common first names, surnames and handles put together from syllables."""

from __future__ import annotations

from typing import Final

import numpy as np

from aura_engine.demo.streams import Ids


def _words(text: str) -> Ids:
    return np.array(text.split(), dtype=object)


_FIRST: Final = _words(
    "Valeria Ximena Regina Camila Renata Sofia Andrea Fernanda Paola Daniela Mariana Natalia "
    "Abril Jimena Alondra Itzel Citlali Yaretzi Ana Lucia Diego Santiago Mateo Emiliano Leonardo "
    "Sebastian Axel Iker Angel Gael Bruno Emilio Rodrigo Luis Carlos Alan Kevin Uriel Ivan "
    "Tadeo"
)
_START: Final = _words("Tar Bel Mon Quin Sal Ver Lun Cor Zam Pel Ran Dor Nev Gal")
_MIDDLE: Final = _words("e a i o ome ari eta ina ova ull")
_END: Final = _words("lo nte rez sca via rdo zal mir ndo que")
_TAIL: Final = _words("lu xi ro mi ko ne ta vi zu pe chi nay lix tzi")


def _pick(rng: np.random.Generator, words: Ids, count: int) -> Ids:
    return words[rng.integers(0, len(words), count)]


def display_names(rng: np.random.Generator, count: int) -> Ids:
    """Draw full names; they may repeat, as names do."""
    surname = _pick(rng, _START, count) + _pick(rng, _MIDDLE, count) + _pick(rng, _END, count)
    return np.asarray(_pick(rng, _FIRST, count) + " " + surname, dtype=object)


def handles(rng: np.random.Generator, full_names: Ids) -> Ids:
    """Make one distinct user name a person from a first name, syllables and a number."""
    tails = _pick(rng, _TAIL, len(full_names)) + _pick(rng, _TAIL, len(full_names))
    numbers = rng.integers(0, 100, len(full_names))
    taken: set[str] = set()
    made = np.empty(len(full_names), dtype=object)
    for i, full_name in enumerate(full_names):
        stem = f"{full_name.split()[0].lower()}{tails[i]}"
        handle = f"{stem}{numbers[i]:02d}"
        if handle in taken:
            handle = f"{stem}{len(taken)}_{numbers[i]:02d}"
        taken.add(handle)
        made[i] = handle
    return made
