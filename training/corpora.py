"""Read the training texts: XED's Spanish lines, recovered neutral lines, our own sentences."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from aura_engine.nlp.normalise import REDUCED, is_wordless, normalise

LABELS: Final = ("negative", "neutral", "positive")
OWN_SENTENCES: Final = Path(__file__).with_name("data") / "own-es.tsv"
XED_FILES: Final = ("es-projections.tsv", "neu_en.txt", "pairs-es.txt")

_NEGATIVE_EMOTIONS: Final = frozenset({1, 3, 4, 6})  # anger, disgust, fear, sadness
_POSITIVE_EMOTIONS: Final = frozenset({5, 8})  # joy, trust
_PLACEHOLDERS: Final = {"[PERSON]": "Ana", "[LOCATION]": "París"}


@dataclass(frozen=True, slots=True)
class Corpus:
    """Prepared texts and their classes (positions in `LABELS`)."""

    texts: tuple[str, ...]
    classes: np.ndarray

    def part(self, chosen: np.ndarray) -> Corpus:
        """Return the texts where the boolean array `chosen` is true."""
        return Corpus(
            tuple(text for text, keep in zip(self.texts, chosen, strict=True) if keep),
            self.classes[chosen],
        )

    def fold(self, folds: int, *, salt: str = "") -> np.ndarray:
        """Return a fold number for each text that depends on its letters alone.

        Texts that differ only in case, marks or emoji fall into one fold, so that no near copy
        of a held-out text is trained on.
        """
        return np.array([_bucket(salt + letters_of(text)) % folds for text in self.texts])


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_own() -> Corpus:
    """Read the sentences written for the project: ``label<TAB>text`` a line."""
    rows: dict[str, int] = {}
    for line in OWN_SENTENCES.read_text(encoding="utf-8").splitlines():
        label, text = line.split("\t")
        rows[normalise(text, REDUCED)] = LABELS.index(label)
    return _corpus(rows)


def read_xed(directory: Path) -> tuple[Corpus, Corpus]:
    """Read XED's Spanish lines.

    Returns
    -------
    clear : Corpus
        Lines of negative emotions only, of positive ones only, and neutral lines: Spanish lines
        aligned with an English line that XED's annotators called neutral.
    unsure : Corpus
        Lines of anticipation or surprise alone. Nobody called them neutral; taken as such they
        are weak evidence, for training only.
    """
    clear: dict[str, int] = {}
    unsure: dict[str, int] = {}
    for line in _lines(directory / "es-projections.tsv"):
        raw, _, listed = line.rpartition("\t")
        emotions = {int(digit) for digit in re.findall(r"\d", listed)}
        text = _prepared(raw)
        negative, positive = emotions & _NEGATIVE_EMOTIONS, emotions & _POSITIVE_EMOTIONS
        if text is None or (negative and positive):
            continue
        if negative or positive:
            clear.setdefault(text, LABELS.index("negative" if negative else "positive"))
        else:
            unsure.setdefault(text, LABELS.index("neutral"))
    neutral = {letters_of(line.partition("\t")[2]) for line in _lines(directory / "neu_en.txt")}
    for line in _lines(directory / "pairs-es.txt"):
        fields = line.split("\t")
        english = letters_of(fields[4])
        text = _prepared(fields[5])
        if english and english in neutral and text is not None:
            clear.setdefault(text, LABELS.index("neutral"))
    return _corpus(clear), _corpus({text: y for text, y in unsure.items() if text not in clear})


def _corpus(rows: dict[str, int]) -> Corpus:
    return Corpus(tuple(rows), np.array(list(rows.values()), dtype=np.int64))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")


def _prepared(raw: str) -> str | None:
    for placeholder, name in _PLACEHOLDERS.items():
        raw = raw.replace(placeholder, name)
    return None if is_wordless(raw) else normalise(raw, REDUCED)


def letters_of(text: str) -> str:
    """Return the letters and digits alone, in lower case: what two near copies share."""
    return re.sub(r"[\W_]+", "", text.lower())


def _bucket(text: str) -> int:
    return int(hashlib.sha256(text.encode("utf-8")).hexdigest()[:12], 16)
