"""References and scores of texts, keyed by hash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection, Engine, text

from aura_engine.sql import load_queries
from aura_engine.store.bulk import stage_frame

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
    with engine.begin() as connection:
        stage_frame(connection, "staged_text", _TEXT_COLUMNS, staged)
        connection.execute(text(_QUERIES["upsert_refs"]))
        unscored = connection.scalars(text(_QUERIES["unscored"]), {"revision": revision})
        return {bytes(hmac) for hmac in unscored}


def delete_refs(engine: Engine, source: str, text_ids: Sequence[str]) -> None:
    """Delete references whose text is gone or holds no words any more."""
    gone = pd.DataFrame({"source": source, "text_id": list(text_ids)})
    with engine.begin() as connection:
        stage_frame(connection, "staged_gone", ("source text", "text_id uuid"), gone)
        connection.execute(text(_QUERIES["delete_refs"]))


def save_scores(
    engine: Engine, hmacs: Sequence[bytes], scores: Sequence[float], *, revision: str
) -> None:
    """Save P(negative) by hash; NaN, a wordless text, is stored as NULL."""
    staged = pd.DataFrame(
        {"hmac": [f"\\x{hmac.hex()}" for hmac in hmacs], "p_negative": list(scores)}
    )
    with engine.begin() as connection:
        stage_frame(
            connection, "staged_score", ("hmac bytea", "p_negative double precision"), staged
        )
        connection.execute(text(_QUERIES["insert_scores"]), {"revision": revision})


def lacks_scores(
    connection: Connection, *, since: datetime, as_of: datetime, revision: str
) -> bool:
    """Tell whether a text in the window has no score in this revision."""
    return bool(
        connection.scalar(
            text(_QUERIES["lacks_scores"]),
            {"since": since, "as_of": as_of, "revision": revision},
        )
    )


def ref_digests(engine: Engine, source: str, *, since: datetime, as_of: datetime) -> pd.DataFrame:
    """Return how many references each person has and the XOR of their ids.

    Returns
    -------
    DataFrame
        Index ``user_id_raiz``; columns texts (int64), digest (int64).
    """
    with engine.connect() as connection:
        frame = pd.read_sql(
            text(_QUERIES["digests"]),
            connection,
            params={"source": source, "since": since, "as_of": as_of},
        )
    return frame.set_index("user_id_raiz")


def ref_ids(
    engine: Engine, source: str, people: Sequence[str], *, since: datetime, as_of: datetime
) -> set[str]:
    """Return the ids of some people's texts that we hold references of."""
    with engine.connect() as connection:
        return set(
            connection.scalars(
                text(_QUERIES["ref_ids"]),
                {"source": source, "people": list(people), "since": since, "as_of": as_of},
            )
        )


def negativity(engine: Engine, *, since: datetime, as_of: datetime, revision: str) -> pd.DataFrame:
    """Return sums of P(negative) over each person's texts in the window.

    Returns
    -------
    DataFrame
        Index ``user_id_raiz``; columns texts (int64), negativity_sum, negativity_sumsq.
        People without a scored text are not in it.
    """
    with engine.connect() as connection:
        frame = pd.read_sql(
            text(_QUERIES["negativity"]),
            connection,
            params={"since": since, "as_of": as_of, "revision": revision},
        )
    return frame.set_index("user_id_raiz")


def latest_revision(engine: Engine) -> str | None:
    """Return the model revision of the newest score; None if nothing was ever scored."""
    with engine.connect() as connection:
        revision: str | None = connection.scalar(text(_QUERIES["latest_revision"]))
        return revision
