"""Rows of a source as data frames with the types the engine works with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def utc(values: pd.Series) -> pd.Series:
    """Return times as ``datetime64[us, UTC]``, NaT where there is none.

    Times without zone are taken as UTC, as aura_auth means them.
    """
    return pd.to_datetime(values, utc=True).astype("datetime64[us, UTC]")


def sortable(references: pd.Series) -> npt.NDArray[np.bytes_]:
    """Return references as an array of bytes of fixed width, empty where there is none.

    It takes a third of the memory of Python strings, and is compared without making them.
    """
    texts: Any = pa.array(references.astype("str"), type=pa.large_string(), from_pandas=True)
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    lengths = pc.min_max(pc.binary_length(texts))
    shortest, longest = lengths["min"].as_py(), lengths["max"].as_py()
    if not longest:
        return np.zeros(len(texts), dtype="S1")
    if shortest == longest and not texts.null_count:
        ends = np.frombuffer(texts.buffers()[1], dtype=np.int64)
        words = texts.buffers()[2]
        return np.frombuffer(words, f"S{longest}", len(texts), int(ends[texts.offset]))
    filled = pc.fill_null(texts, "").cast(pa.large_binary())
    return np.array(filled.to_pylist(), dtype=f"S{longest}")


def find(
    known: npt.NDArray[np.bytes_], references: npt.NDArray[np.bytes_]
) -> npt.NDArray[np.int64]:
    """Return the place of each reference among known ones, -1 where it is not among them.

    Parameters
    ----------
    known : ndarray of bytes
        Ascending, each once, none empty.
    references : ndarray of bytes
        As `sortable` gives them.
    """
    if not len(known):
        return np.full(len(references), -1)
    places = np.searchsorted(known, references)
    places[places == len(known)] = 0
    return np.where(known[places] == references, places, -1)


def require_aware(moment: datetime, name: str) -> datetime:
    """Return a zone-aware time as it is.

    Raises
    ------
    ValueError
        If it has no zone: such a time would mean something else on every machine.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"{name} must be zone-aware")
    return moment
