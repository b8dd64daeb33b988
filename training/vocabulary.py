"""Keep of a Unigram tokenizer only the pieces that some texts need."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A pruned tokenizer.

    Attributes
    ----------
    tokenizer : Tokenizer
        Knows the kept pieces only; others are read as their smaller parts.
    rows : ndarray of int64
        The former number of each kept piece.
    """

    tokenizer: Tokenizer
    rows: NDArray[np.int64]


def pruned(description: str, texts: Sequence[str], alphabet: str, most: int) -> Vocabulary:
    """Keep the pieces that the texts need, single letters, and no more than `most`.

    Parameters
    ----------
    description : str
        ``tokenizer.json`` of the whole vocabulary.
    texts : sequence of str
        Prepared texts in the language to keep.
    alphabet : str
        Characters that must stay readable, alone and at the beginning of a word.
    most : int
        Pieces to keep; frequent ones first, then those that the whole vocabulary holds probable.
    """
    tokenizer = Tokenizer.from_str(description)
    counts = Counter(
        token for encoded in tokenizer.encode_batch(list(texts)) for token in encoded.ids
    )
    table: dict[str, Any] = json.loads(description)
    pieces: list[list[Any]] = table["model"]["vocab"]
    number = {piece: place for place, (piece, _) in enumerate(pieces)}
    special = [number[name] for name in _SPECIAL]
    letters = [
        number[form]
        for letter in sorted(set(alphabet) | {"▁"})
        for form in (letter, f"▁{letter}")
        if form in number
    ]
    readable = set(alphabet) | {"▁"}
    probable = sorted(
        (place for place, (piece, _) in enumerate(pieces) if set(piece) <= readable),
        key=lambda place: -pieces[place][1],
    )
    frequent = [place for place, _ in sorted(counts.items(), key=lambda seen: (-seen[1], seen[0]))]
    kept = list(dict.fromkeys([*special, *letters, *frequent, *probable]))[:most]
    rows = np.array(sorted(kept, key=lambda place: (place not in special, place)), dtype=np.int64)
    return Vocabulary(Tokenizer.from_str(_restricted(table, rows)), rows)


def _restricted(table: dict[str, Any], rows: NDArray[np.int64]) -> str:
    pieces = table["model"]["vocab"]
    place_of = {pieces[row][0]: place for place, row in enumerate(rows)}
    added = [token for token in table["added_tokens"] if token["content"] in place_of]
    specials = table["post_processor"]["special_tokens"]
    restricted = {
        **table,
        "added_tokens": [{**token, "id": place_of[token["content"]]} for token in added],
        "post_processor": {
            **table["post_processor"],
            "special_tokens": {
                name: {**token, "ids": [place_of[name]]} for name, token in specials.items()
            },
        },
        "model": {
            **table["model"],
            "unk_id": place_of["<unk>"],
            "vocab": [pieces[row] for row in rows],
        },
    }
    return json.dumps(restricted, ensure_ascii=False, separators=(",", ":"))
