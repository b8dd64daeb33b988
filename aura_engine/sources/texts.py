"""What people wrote: posts, comments and text messages, read in bounded chunks.

Only words count: active posts (of any type) and comments, and messages of type ``text`` that are
not deleted, with something other than white space. A text's reference may be any of a person's
ids; :class:`~aura_engine.sources.identity.IdentityMap` resolves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import pandas as pd
from sqlalchemy import text

from aura_engine.sources.connections import Source, Sources
from aura_engine.sources.frames import require_aware, utc
from aura_engine.sql import load_queries, read_frame

_LAST_ID: Final = "ffffffff-ffff-ffff-ffff-ffffffffffff"


class TextSource(StrEnum):
    """Kind of text; the value is what ``text_ref`` holds."""

    POST = "post"
    COMMENT = "comment"
    MESSAGE = "message"

    @property
    def source(self) -> Source:
        """The database that holds these texts."""
        return Source.MESSAGING if self is TextSource.MESSAGE else Source.SOCIAL


def read_texts(
    sources: Sources,
    kind: TextSource,
    *,
    after: tuple[datetime, str] | None,
    as_of: datetime,
    since: datetime,
    chunk: int,
) -> Iterator[pd.DataFrame]:
    """Read texts in the order in which they were written, through a server-side cursor.

    The transaction stays open between chunks: a caller that needs minutes for one should stop
    and come back with ``after``.

    Parameters
    ----------
    sources : Sources
    kind : TextSource
    after : tuple of (datetime, str), optional
        ``written_at`` and ``text_id`` of the last text already read; the reading goes on past it.
    as_of, since : datetime
        Zone-aware window ``(since, as_of]``.
    chunk : int
        Most rows in a frame.

    Yields
    ------
    DataFrame
        ``text_id``, ``user_ref``, ``content`` (str) and ``written_at`` (UTC), never empty, by
        ``(written_at, text_id)``.

    Raises
    ------
    SourceError
        If the source cannot be read.
    """
    return _stream(sources, kind, "texts", _page(after, since, as_of), chunk)


def count_texts(sources: Sources, kind: TextSource, *, since: datetime, as_of: datetime) -> int:
    """Return about how many texts :func:`read_texts` gives; blank ones are counted too.

    Parameters
    ----------
    sources : Sources
        The three source databases.
    kind : TextSource
        Which texts.
    since, as_of : datetime
        The window, `since` excluded.
    """
    parameters = {"since": require_aware(since, "since"), "as_of": require_aware(as_of, "as_of")}
    with sources.reading(kind.source) as connection:
        return int(connection.execute(text(_query(kind, "count")), parameters).scalar_one())


def read_edited_texts(
    sources: Sources,
    kind: TextSource,
    *,
    edited_since: datetime,
    after: tuple[datetime, str] | None = None,
    since: datetime,
    as_of: datetime,
    chunk: int,
) -> Iterator[pd.DataFrame]:
    """Read the texts of the window that changed after ``edited_since``, as they are now.

    As :func:`read_texts`, but ``content`` is None for a text that no longer counts as words
    (hidden, deleted or emptied): its score must go. Many rows come back with the same words, since
    a like or a reading changes ``updated_at`` too. It scans the table, so it belongs to the
    nightly run.

    Parameters
    ----------
    sources : Sources
        The three source databases.
    kind : TextSource
        Which texts.
    edited_since : datetime
        Texts that changed later than this.
    after : (datetime, str), optional
        ``written_at`` and ``text_id`` of the last text already read; the reading goes on past it.
    since, as_of : datetime
        The window, `since` excluded.
    chunk : int
        Rows of a frame.

    Returns
    -------
    iterator of DataFrame
        Columns as of :func:`read_texts`.
    """
    parameters = _page(after, since, as_of) | {
        "edited_since": require_aware(edited_since, "edited_since")
    }
    return _stream(sources, kind, "edits", parameters, chunk)


def text_digest(
    sources: Sources, kind: TextSource, *, as_of: datetime, since: datetime
) -> pd.DataFrame:
    """Summarise which texts of the window each author has, without pulling their ids.

    Two sets of texts with equal digests are the same set but for a chance of 2⁻⁶⁴. Digests of
    several references of one person combine: counts by sum, ``id_xor`` by exclusive-or.

    Parameters
    ----------
    sources : Sources
        The three source databases.
    kind : TextSource
        Which texts.
    as_of, since : datetime
        The window, `since` excluded.

    Returns
    -------
    DataFrame
        ``user_ref`` (str), ``text_count`` (int64) and ``id_xor`` (int64): the exclusive-or of the
        low 64 bits of the ids.
    """
    parameters = {
        "as_of": require_aware(as_of, "as_of"),
        "since": require_aware(since, "since"),
    }
    found = _read(sources, kind, "digest", parameters)
    return found.astype({"user_ref": "str", "text_count": "int64", "id_xor": "int64"})


def text_ids(
    sources: Sources,
    kind: TextSource,
    user_refs: Sequence[str],
    *,
    as_of: datetime,
    since: datetime,
) -> pd.DataFrame:
    """List the texts that the given references have in the window, without their words.

    Parameters
    ----------
    sources : Sources
        The three source databases.
    kind : TextSource
        Which texts.
    user_refs : sequence of str
        References of authors, as the source writes them.
    as_of, since : datetime
        The window, `since` excluded.

    Returns
    -------
    DataFrame
        ``text_id``, ``user_ref`` (str) and ``written_at`` (UTC), in no particular order.
    """
    parameters = {
        "user_refs": list(user_refs),
        "as_of": require_aware(as_of, "as_of"),
        "since": require_aware(since, "since"),
    }
    return _typed(_read(sources, kind, "ids", parameters))


def texts_of(
    sources: Sources,
    kind: TextSource,
    user_refs: Sequence[str],
    *,
    as_of: datetime,
    since: datetime,
) -> pd.DataFrame:
    """Read all texts that the given references have in the window.

    Parameters
    ----------
    sources, kind, user_refs, as_of, since
        As of :func:`text_ids`.

    Returns
    -------
    DataFrame
        As :func:`read_texts` gives them, in no particular order.
    """
    parameters = {
        "user_refs": list(user_refs),
        "as_of": require_aware(as_of, "as_of"),
        "since": require_aware(since, "since"),
    }
    return _typed(_read(sources, kind, "texts_of", parameters))


def texts_by_id(sources: Sources, kind: TextSource, ids: Sequence[str]) -> pd.DataFrame:
    """Read single texts, as :func:`read_texts` gives them; those that are no words are left out.

    Parameters
    ----------
    sources : Sources
        The three source databases.
    kind : TextSource
        Which texts.
    ids : sequence of str
        Ids of the texts.
    """
    return _typed(_read(sources, kind, "texts_by_id", {"text_ids": list(ids)}))


def _page(
    after: tuple[datetime, str] | None, since: datetime, as_of: datetime
) -> dict[str, object]:
    """Return where a page begins and the window ends, both of which go by ``written_at``."""
    start = (require_aware(since, "since"), _LAST_ID)
    if after is not None and require_aware(after[0], "after") >= since:
        start = after
    return {
        "after_at": start[0],
        "after_id": start[1],
        "as_of": require_aware(as_of, "as_of"),
    }


def _read(
    sources: Sources, kind: TextSource, query: str, parameters: Mapping[str, object]
) -> pd.DataFrame:
    with sources.reading(kind.source) as connection:
        return read_frame(connection, _query(kind, query), parameters)


def _stream(
    sources: Sources,
    kind: TextSource,
    query: str,
    parameters: Mapping[str, object],
    chunk: int,
) -> Iterator[pd.DataFrame]:
    if chunk < 1:
        raise ValueError("chunk must be at least 1")

    def frames() -> Iterator[pd.DataFrame]:
        with sources.reading(kind.source) as connection:
            result = connection.execute(
                text(_query(kind, query)), parameters, execution_options={"yield_per": chunk}
            )
            columns = list(result.keys())
            for rows in result.partitions(chunk):
                yield _typed(pd.DataFrame([tuple(row) for row in rows], columns=columns))

    return frames()


def _query(kind: TextSource, query: str) -> str:
    return load_queries(kind.source.value)[f"{kind.value}_{query}"]


def _typed(found: pd.DataFrame) -> pd.DataFrame:
    strings = found.astype({"text_id": "str", "user_ref": "str"})
    return strings.assign(written_at=utc(found["written_at"]))
