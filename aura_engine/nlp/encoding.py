"""Texts as rows of token numbers that fit a model's window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from aura_engine.nlp.splitting import piece_bounds


@dataclass(frozen=True, slots=True)
class Piece:
    """A text, or a part of one that is longer than the window.

    Attributes
    ----------
    text : int
        Position of the text.
    tokens : list of int
        Its token numbers, without special ones.
    """

    text: int
    tokens: list[int]


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """A tokenizer and what its model asks of it.

    Parameters
    ----------
    tokenizer : Tokenizer
        The fast tokenizer, which neither pads nor truncates.
    prefix, suffix : tuple of int
        Special tokens before and after each piece.
    window : int
        Most tokens the model reads at once, special ones included.
    vocabulary : int
        Rows of the model's token table.
    padding : int
        Token number of padding.
    unknown : int or None
        Token number of whatever the vocabulary lacks; None where everything has tokens.
    """

    tokenizer: Tokenizer
    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    window: int
    vocabulary: int
    padding: int
    unknown: int | None = None

    @property
    def room(self) -> int:
        """Most tokens of a piece."""
        return self.window - len(self.prefix) - len(self.suffix)

    def pieces(self, texts: Sequence[str]) -> list[Piece]:
        """Cut texts into pieces; a text beyond the model's vocabulary has none."""
        found = []
        encodings = self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        for position, encoding in enumerate(encodings):
            ids = encoding.ids
            if not self._readable(ids):
                continue
            bounds = [(0, len(ids))]
            if len(ids) > self.room:
                exact = self.tokenizer.encode(texts[position], add_special_tokens=False)
                bounds = piece_bounds(texts[position], exact.offsets, self.room)
            found += [Piece(position, ids[start:stop]) for start, stop in bounds]
        return found

    def _readable(self, ids: list[int]) -> bool:
        if not ids or max(ids) >= self.vocabulary:
            return False
        unknown = 0 if self.unknown is None else ids.count(self.unknown)
        return not unknown or (2 * unknown < len(ids) and self._has_known_letters(ids))

    def _has_known_letters(self, ids: list[int]) -> bool:
        """Tell words from the marks and blanks that stand between unknown words."""
        known = (self.tokenizer.id_to_token(token) for token in ids if token != self.unknown)
        return any(map(str.isalpha, "".join(filter(None, known))))

    def padded(self, pieces: Sequence[Piece]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return token numbers and their mask, shape (pieces, tokens of the longest)."""
        framed = [[*self.prefix, *piece.tokens, *self.suffix] for piece in pieces]
        ids = np.full((len(framed), max(map(len, framed))), self.padding, dtype=np.int64)
        mask = np.zeros_like(ids)
        for position, row in enumerate(framed):
            ids[position, : len(row)] = row
            mask[position, : len(row)] = 1
        return ids, mask
