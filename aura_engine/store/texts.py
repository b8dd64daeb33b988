"""References and scores of texts, keyed by hash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection, Engine, text

from aura_engine.sql import load_queries, read_frame
from aura_engine.store.bulk import in_batches, stage_frame

_QUERIES: Final = load_queries("store_texts")
_TEXT_COLUMNS: Final = (
    "source text",
    "text_id uuid",
    "user_id_raiz uuid",
    "hmac bytea",
    "written_at timestamptz",
)


def save_refs(engine: Engine, refs: pd.DataFrame, *, revision: str) -> set[bytes]:
    """Save references and return the hashes that a model revision has not scored.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    refs : DataFrame
        Columns source, text_id, user_id_raiz, hmac (bytes), written_at.
    revision : str
        Revision of the language model.
    """
    staged = refs.assign(hmac=[f"\\x{hmac.hex()}" for hmac in refs["hmac"]])
    unscored: set[bytes] = set()
    for batch in in_batches(staged):
        with engine.begin() as connection:
            stage_frame(connection, "staged_text", _TEXT_COLUMNS, batch)
            connection.execute(text(_QUERIES["upsert_refs"]))
            found = connection.scalars(text(_QUERIES["unscored"]), {"revision": revision})
            unscored.update(bytes(hmac) for hmac in found)
    return unscored


def delete_refs(engine: Engine, source: str, text_ids: Sequence[str]) -> None:
    """Delete references whose text is gone or holds no words any more.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    source : str
        Kind of text, as ``text_ref`` holds it.
    text_ids : sequence of str
        Of the texts that are gone.
    """
    gone = pd.DataFrame({"source": source, "text_id": list(text_ids)})
    for batch in in_batches(gone):
        with engine.begin() as connection:
            stage_frame(connection, "staged_gone", ("source text", "text_id uuid"), batch)
            connection.execute(text(_QUERIES["delete_refs"]))


def save_scores(
    engine: Engine, hmacs: Sequence[bytes], scores: Sequence[float], *, revision: str
) -> None:
    """Save P(negative) by hash; NaN, a wordless text, is stored as NULL.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    hmacs : sequence of bytes
        Of the texts.
    scores : sequence of float
        P(negative) in the order of `hmacs`; NaN says that there is nothing to judge.
    revision : str
        Revision of the language model.
    """
    staged = pd.DataFrame(
        {"hmac": [f"\\x{hmac.hex()}" for hmac in hmacs], "p_negative": list(scores)}
    )
    for batch in in_batches(staged):
        with engine.begin() as connection:
            stage_frame(
                connection, "staged_score", ("hmac bytea", "p_negative double precision"), batch
            )
            connection.execute(text(_QUERIES["insert_scores"]), {"revision": revision})


def lacks_scores(
    connection: Connection, *, since: datetime, as_of: datetime, revision: str
) -> bool:
    """Tell whether a text in the window has no score in this revision.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    since, as_of : datetime
        The window, `since` excluded.
    revision : str
        Revision of the language model.
    """
    return bool(
        connection.scalar(
            text(_QUERIES["lacks_scores"]),
            {"since": since, "as_of": as_of, "revision": revision},
        )
    )


def ref_digests(engine: Engine, source: str, *, since: datetime, as_of: datetime) -> pd.DataFrame:
    """Return how many references each person has and the XOR of their ids.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    source : str
        Kind of text, as ``text_ref`` holds it.
    since, as_of : datetime
        The window, `since` excluded.

    Returns
    -------
    DataFrame
        Index ``user_id_raiz``; columns texts (int64), digest (int64).
    """
    with engine.connect() as connection:
        frame = read_frame(
            connection,
            _QUERIES["digests"],
            {"source": source, "since": since, "as_of": as_of},
        )
    return frame.set_index("user_id_raiz")


def ref_owners(
    engine: Engine, source: str, people: Sequence[str], *, since: datetime, as_of: datetime
) -> dict[str, str]:
    """Return the owner of each text that we hold references of, for some people.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    source : str
        Kind of text, as ``text_ref`` holds it.
    people : sequence of str
        Root ids.
    since, as_of : datetime
        The window, `since` excluded.

    Returns
    -------
    dict of str to str
        Root id by text id.
    """
    with engine.connect() as connection:
        rows = connection.execute(
            text(_QUERIES["ref_owners"]),
            {"source": source, "people": list(people), "since": since, "as_of": as_of},
        )
        return {row.text_id: row.user_id_raiz for row in rows}


def negativity(engine: Engine, *, since: datetime, as_of: datetime, revision: str) -> pd.DataFrame:
    """Return sums of P(negative) over each person's texts in the window.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    since, as_of : datetime
        The window, `since` excluded.
    revision : str
        Revision of the language model.

    Returns
    -------
    DataFrame
        Index ``user_id_raiz``; columns texts (int64), negativity_sum, negativity_sumsq.
        People without a scored text are not in it.
    """
    with engine.connect() as connection:
        frame = read_frame(
            connection,
            _QUERIES["negativity"],
            {"since": since, "as_of": as_of, "revision": revision},
        )
    return frame.set_index("user_id_raiz")


def latest_revision(engine: Engine) -> str | None:
    """Return the model revision of the newest score; None if nothing was ever scored."""
    with engine.connect() as connection:
        revision: str | None = connection.scalar(text(_QUERIES["latest_revision"]))
        return revision
