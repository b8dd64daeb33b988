"""Lists of people by level: whole and streamed, or a page."""

from __future__ import annotations

from asyncio import timeout
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

import orjson
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

VOTES: Final = ("vote_kmeans", "vote_dbscan", "vote_forest")
STREAM_SECONDS: Final = 300.0
"""How long a whole list may take: a reader who reads no more must give back what it holds."""
_BATCH: Final = 500


class BoundedStream(StreamingResponse):
    """A list that is broken off, and so looks unfinished, when its reader takes too long."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the list."""
        async with timeout(STREAM_SECONDS):
            await super().__call__(scope, receive, send)


def known_as(row: Mapping[str, Any]) -> str:
    """Return somebody's id, or their pseudonym for whoever may not see ids."""
    return str(row.get("user_id_raiz", row["pseudonym"]))


def entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of `aura_engine.store.reads.risk_list` as v1 tells it."""
    return {
        "user_id_raiz": known_as(row),
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
        yield opening + orjson.dumps(batch)[1:-1]
        opening = b","
    yield b"[]" if opening == b"[" else b"]"
