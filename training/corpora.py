"""Read the training texts: XED's lines in Spanish and English, and our own sentences."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from aura_engine.nlp.normalise import MINI, is_wordless, normalise

LABELS: Final = ("negative", "neutral", "positive")
OWN_SENTENCES: Final = Path(__file__).with_name("data") / "own-es.tsv"
XED_FILES: Final = ("en-annotated.tsv", "es-projections.tsv", "neu_en.txt", "pairs-es.txt")

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

    def of_class(self, label: str) -> Corpus:
        """Return the texts of one class."""
        return self.part(self.classes == LABELS.index(label))

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
        rows[normalise(text, MINI)] = LABELS.index(label)
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
    clear, unsure = _labelled(directory / "es-projections.tsv")
    neutral = {letters_of(english) for english in _neutral_english(directory)}
    for english, spanish in _pairs(directory):
        text = _prepared(spanish)
        if (letters := letters_of(english)) and letters in neutral and text is not None:
            clear.setdefault(text, LABELS.index("neutral"))
    return _corpus(clear), _corpus({text: y for text, y in unsure.items() if text not in clear})


def read_english_xed(directory: Path) -> Corpus:
    """Read XED's English lines of clear feeling, and those that its annotators called neutral."""
    rows, _ = _labelled(directory / "en-annotated.tsv")
    for line in _neutral_english(directory):
        if (text := _prepared(line)) is not None:
            rows.setdefault(text, LABELS.index("neutral"))
    return _corpus(rows)


def english_of(directory: Path, texts: Sequence[str]) -> set[str]:
    """Return the letters of the English lines that some Spanish lines are aligned with."""
    wanted = {letters_of(text) for text in texts}
    return {
        letters_of(prepared)
        for english, spanish in _pairs(directory)
        if (line := _prepared(spanish)) is not None
        and letters_of(line) in wanted
        and (prepared := _prepared(english)) is not None
    }


def read_spanish_lines(directory: Path) -> tuple[str, ...]:
    """Read the Spanish sides of XED's aligned lines, which have no labels."""
    prepared = (_prepared(spanish) for _, spanish in _pairs(directory))
    return tuple(dict.fromkeys(text for text in prepared if text is not None))


def _labelled(path: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Return lines of negative or positive emotions, and those of neither; mixed ones are left."""
    clear: dict[str, int] = {}
    unsure: dict[str, int] = {}
    for line in _lines(path):
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
    return clear, unsure


def _neutral_english(directory: Path) -> list[str]:
    return [line.partition("\t")[2] for line in _lines(directory / "neu_en.txt")]


def _pairs(directory: Path) -> list[tuple[str, str]]:
    """Return aligned English and Spanish lines."""
    fields = (line.split("\t") for line in _lines(directory / "pairs-es.txt"))
    return [(found[4], found[5]) for found in fields]


def _corpus(rows: dict[str, int]) -> Corpus:
    return Corpus(tuple(rows), np.array(list(rows.values()), dtype=np.int64))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")


def _prepared(raw: str) -> str | None:
    for placeholder, name in _PLACEHOLDERS.items():
        raw = raw.replace(placeholder, name)
    return None if is_wordless(raw) else normalise(raw, MINI)


def letters_of(text: str) -> str:
    """Return the letters and digits alone, in lower case: what two near copies share."""
    return re.sub(r"[\W_]+", "", text.lower())


def _bucket(text: str) -> int:
    return int(hashlib.sha256(text.encode("utf-8")).hexdigest()[:12], 16)
