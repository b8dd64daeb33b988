"""What the shipped language model was trained on, as fingerprints: the demo must not say it.

The lines themselves are not part of the project; ``training/trained_lines.py`` writes the file.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import Final

from aura_engine.nlp.normalise import MINI, normalise

FILE: Final = "trained.bin"
BYTES: Final = 6
"""Of each fingerprint; that any text of the pool is refused by chance is one in a million."""


def fingerprint(text: str) -> bytes:
    """Return the fingerprint of a text's letters and digits, as the shipped model prepares it.

    Near copies, which differ in case, marks or emoji, share it; so do all texts without a letter,
    whose fingerprint is empty.
    """
    letters = re.sub(r"[\W_]+", "", normalise(text, MINI))
    return hashlib.sha256(letters.encode()).digest()[:BYTES] if letters else b""


def is_trained(text: str) -> bool:
    """Tell whether a text, or a near copy of it, was among the lines of training."""
    return fingerprint(text) in _fingerprints()


@cache
def _fingerprints() -> frozenset[bytes]:
    stored = files(__package__).joinpath(FILE).read_bytes()
    return frozenset(stored[at : at + BYTES] for at in range(0, len(stored), BYTES))
