"""References and scores of texts, keyed by hash."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pandas as pd
from sqlalchemy import Connection, Engine, text

from aura_engine.copying import read_few, read_table
from aura_engine.sql import load_queries, read_frame
from aura_engine.store import bulk
from aura_engine.store.bulk import delete_in_batches, in_batches, stage_frame

_QUERIES: Final = load_queries("store_texts")
_FIRST_ID: Final = "00000000-0000-0000-0000-000000000000"
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
            changed = connection.scalars(text(_QUERIES["upsert_refs"])).all()
            connection.execute(text(_QUERIES["hold_scores"]), {"hmacs": list(changed)})
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


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order in which texts were written."""

    written_at: datetime
    text_id: str


@dataclass(frozen=True, slots=True)
class UnscoredRef:
    """A text that a model revision has yet to score."""

    source: str
    text_id: str
    written_at: datetime


def count_unscored(engine: Engine, *, since: datetime, as_of: datetime, revision: str) -> int:
    """Return how many texts of the window a model revision has yet to score.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    since, as_of : datetime
        The window, `since` excluded.
    revision : str
        Revision of the language model.
    """
    with engine.connect() as connection:
        return int(
            connection.execute(
                text(_QUERIES["count_unscored"]),
                {"since": since, "as_of": as_of, "revision": revision},
            ).scalar_one()
        )


def unscored_refs(
    engine: Engine,
    *,
    since: datetime,
    as_of: datetime,
    revision: str,
    before: Place | None,
    limit: int,
) -> list[UnscoredRef]:
    """Return the newest texts of the window that a model revision has yet to score.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    since, as_of : datetime
        The window, `since` excluded.
    revision : str
        Revision of the language model.
    before : Place or None
        Only texts written before it.
    limit : int
        Most to return.
    """
    place = before or Place(as_of + timedelta(microseconds=1), _FIRST_ID)
    with engine.connect() as connection:
        rows = connection.execute(
            text(_QUERIES["unscored_refs"]),
            {
                "since": since,
                "as_of": as_of,
                "revision": revision,
                "before_at": place.written_at,
                "before_id": place.text_id,
                "limit": limit,
            },
        )
        return [UnscoredRef(row.source, row.text_id, row.written_at) for row in rows]


def unscored_hmacs(engine: Engine, hmacs: Sequence[bytes], *, revision: str) -> set[bytes]:
    """Return which of some hashes a model revision has yet to score.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    hmacs : sequence of bytes
        Of texts.
    revision : str
        Revision of the language model.
    """
    with engine.connect() as connection:
        found = connection.scalars(
            text(_QUERIES["unscored_hmacs"]), {"hmacs": list(hmacs), "revision": revision}
        )
        return {bytes(hmac) for hmac in found}


def sweep_refs(engine: Engine, *, before: datetime) -> int:
    """Delete references of texts written then or earlier; return how many went."""
    return delete_in_batches(engine, _QUERIES["sweep_refs"], before=before)


def sweep_scores(engine: Engine, *, settled: datetime, kept: Collection[str]) -> int:
    """Delete scores that nobody needs; return how many went.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    settled : datetime
        Scores that are younger stay, whatever they are of.
    kept : collection of str
        Model revisions whose scores stay where a reference needs them.
    """
    gone = delete_in_batches(engine, _QUERIES["sweep_revisions"], settled=settled, kept=list(kept))
    while True:
        with engine.begin() as connection:
            orphans = connection.scalars(
                text(_QUERIES["lock_settled_orphans"]),
                {"settled": settled, "batch": bulk.DELETED_AT_ONCE},
            ).all()
            gone += _delete_locked(connection, orphans)
        if len(orphans) < bulk.DELETED_AT_ONCE:
            return gone


def delete_orphans(connection: Connection, hmacs: Sequence[bytes]) -> int:
    """Delete the scores of texts that nobody holds any more, in the caller's transaction.

    A reference that another transaction is about to commit keeps its scores: either that one waits
    for this one and has the text scored again, or this one waits for that one. A score that is
    stored later goes with the sweep.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    hmacs : sequence of bytes
        Of texts that went.

    Returns
    -------
    int
        How many scores are gone.
    """
    orphans = connection.scalars(text(_QUERIES["lock_orphans_among"]), {"hmacs": list(hmacs)})
    return _delete_locked(connection, orphans.all())


def _delete_locked(connection: Connection, orphans: Sequence[str]) -> int:
    places = {"places": list(orphans)}
    return connection.execute(text(_QUERIES["delete_orphans"]), places).rowcount


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


def negativity(
    connection: Connection,
    *,
    since: datetime,
    as_of: datetime,
    revision: str,
    people: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return sums of P(negative) over each person's texts in the window.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    since, as_of : datetime
        The window, `since` excluded.
    revision : str
        Revision of the language model.
    people : sequence of str, optional
        Root ids; everyone when not given.

    Returns
    -------
    DataFrame
        Index ``user_id_raiz``; columns texts (int64), negativity_sum, negativity_sumsq.
        People without a scored text are not in it.
    """
    read = read_table if people is None else read_few
    frame = read(
        connection,
        _QUERIES["negativity"],
        {
            "since": since,
            "as_of": as_of,
            "revision": revision,
            "people": None if people is None else list(people),
        },
    )
    return frame.set_index("user_id_raiz")


def model_of_revision(engine: Engine, revision: str) -> str | None:
    """Return the name of the language model that last read with a revision; None if none did."""
    with engine.connect() as connection:
        name: str | None = connection.scalar(
            text(_QUERIES["model_of_revision"]), {"revision": revision}
        )
        return name


def latest_revision(engine: Engine) -> str | None:
    """Return the model revision of the newest score; None if nothing was ever scored."""
    with engine.connect() as connection:
        revision: str | None = connection.scalar(text(_QUERIES["latest_revision"]))
        return revision
