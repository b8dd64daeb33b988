"""Cut texts that are longer than a model's window at the ends of their sentences."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

# The space after a sentence belongs to the next one, as byte-pair tokenizers have it.
_SENTENCE_END: Final = re.compile(r"[.!?…]+[\"'”»)\]]*(?=\s)|(?=\n)")
_WORD_END: Final = re.compile(r"(?=\s)")


def piece_bounds(text: str, offsets: Sequence[tuple[int, int]], room: int) -> list[tuple[int, int]]:
    """Return where to cut a tokenised text so that no piece is longer than `room`.

    A piece ends at the last sentence end that fits; where one sentence is longer than the room,
    at the last word end; where one word is, at the room.

    Parameters
    ----------
    text : str
        The text.
    offsets : sequence of (int, int)
        First and last-but-one character of each token.
    room : int
        Most tokens a piece may have, at least 1.

    Returns
    -------
    list of (int, int)
        First and last-but-one token of each piece; every token is in exactly one.
    """
    ends = [end for _, end in offsets]
    sentences = _first_tokens(_SENTENCE_END, text, ends)
    words = _first_tokens(_WORD_END, text, ends)
    bounds = []
    start = 0
    while len(ends) - start > room:
        stop = (
            _last_within(sentences, start, start + room)
            or _last_within(words, start, start + room)
            or start + room
        )
        bounds.append((start, stop))
        start = stop
    bounds.append((start, len(ends)))
    return bounds


def _first_tokens(pattern: re.Pattern[str], text: str, ends: list[int]) -> list[int]:
    return [bisect_right(ends, found.end()) for found in pattern.finditer(text)]


def _last_within(places: list[int], after: int, at_most: int) -> int | None:
    position = bisect_right(places, at_most) - 1
    return places[position] if position >= 0 and places[position] > after else None
