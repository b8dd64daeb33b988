"""Deterministic chance: one independent generator a purpose and day, and uuids drawn from it."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[Any]
"""Object array of str (or None where somebody has no such id)."""

_DAY_OFFSET: Final = 1_000_000


class Stream(IntEnum):
    """What a generator is for; the numbers are part of the data's identity."""

    CAST = 1
    PROFILES = 2
    TURNS = 3
    RHYTHM = 4
    FRIENDS = 5
    COMMUNITIES = 6
    MESSAGES = 7
    POSTS = 8
    COMMENTS = 9
    PRESENCE = 10
    GROUPS = 11
    TRICKLE = 12


def generator(seed: int, stream: Stream, day: int = 0) -> np.random.Generator:
    """Return the generator of one purpose on one day (any integer).

    Parameters
    ----------
    seed : int
        Of the population.
    stream : Stream
        What the numbers are for.
    day : int
        The day; may be negative.
    """
    return np.random.default_rng([seed, int(stream), day + _DAY_OFFSET])


def uuids(rng: np.random.Generator, count: int) -> Ids:
    """Draw `count` random uuids (version 4) as canonical strings."""
    raw = np.frombuffer(rng.bytes(16 * count), dtype=np.uint8).reshape(count, 16).copy()
    raw[:, 6] = (raw[:, 6] & 0x0F) | 0x40
    raw[:, 8] = (raw[:, 8] & 0x3F) | 0x80
    digits = raw.tobytes().hex()
    ids = np.empty(count, dtype=object)
    for i in range(count):
        h = digits[32 * i : 32 * i + 32]
        ids[i] = f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
    return ids


def pick_by_weight(
    rng: np.random.Generator, weights: npt.NDArray[np.float64], count: int
) -> npt.NDArray[np.int64]:
    """Draw `count` indices with probabilities proportional to `weights`, with replacement.

    Parameters
    ----------
    rng : Generator
        Of the purpose.
    weights : ndarray, shape (n,)
        0 or more.
    count : int
        How many to draw.
    """
    edges = np.cumsum(weights)
    drawn = np.searchsorted(edges, rng.random(count) * edges[-1], side="right")
    return np.asarray(np.minimum(drawn, len(weights) - 1), dtype=np.int64)


def where_else_none(chosen: npt.NDArray[np.bool_], values: npt.NDArray[Any]) -> Ids:
    """Return the values as objects where chosen, None elsewhere."""
    kept = np.full(len(chosen), None, dtype=object)
    kept[chosen] = values[chosen].astype(object)
    return kept


def is_there(ids: Ids) -> npt.NDArray[np.bool_]:
    """Tell which entries are not None."""
    return np.fromiter((one is not None for one in ids), dtype=bool, count=len(ids))


def among(values: npt.NDArray[np.int64], known: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell which values occur in `known`, which is in ascending order."""
    if not len(known):
        return np.zeros(len(values), dtype=bool)
    place = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return np.asarray(known[place] == values)
