"""Invented names: common first names, surnames and handles put together from syllables."""

from __future__ import annotations

from typing import Final

import numpy as np

from aura_engine.demo.streams import Ids

_FIRST: Final = np.array(
    "Valeria Ximena Regina Camila Renata Sofia Andrea Fernanda Paola Daniela Mariana Natalia "
    "Abril Jimena Alondra Itzel Citlali Yaretzi Ana Lucia Diego Santiago Mateo Emiliano Leonardo "
    "Sebastian Axel Iker Angel Gael Bruno Emilio Rodrigo Luis Carlos Alan Kevin Uriel Ivan "
    "Tadeo".split(),
    dtype=object,
)
_START: Final = np.array("Tar Bel Mon Quin Sal Ver Lun Cor Zam Pel Ran Dor Nev Gal".split(), dtype=object)  # fmt: skip
_MIDDLE: Final = np.array("e a i o ome ari eta ina ova ull".split(), dtype=object)
_END: Final = np.array("lo nte rez sca via rdo zal mir ndo que".split(), dtype=object)
_TAIL: Final = np.array("lu xi ro mi ko ne ta vi zu pe chi nay lix tzi".split(), dtype=object)


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
