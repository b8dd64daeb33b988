"""Lists of people by level: whole and streamed, or a page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

VOTES: Final = ("vote_kmeans", "vote_dbscan", "vote_forest")
_BATCH: Final = 500


def entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of `aura_engine.store.reads.risk_list` as v1 tells it."""
    return {
        "user_id_raiz": row["user_id_raiz"],
        "risk_level": row["cluster_label"],
        "severity_index": round(row["severity_index"], 2),
        "total_votes": sum(bool(row[vote]) for vote in VOTES),
        "sufficient_data": row["is_sufficient"],
        "stopped_showing": row["stopped_showing"],
    }


def json_list(entries: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield the parts of a JSON list, without ever holding all of it."""
    rest = iter(entries)
    opening = b"["
    while batch := list(islice(rest, _BATCH)):
        yield opening + ",".join(json.dumps(e, separators=(",", ":")) for e in batch).encode()
        opening = b","
    yield b"[]" if opening == b"[" else b"]"
