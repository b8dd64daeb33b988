"""Who looked at whom, when and how: written before anything is read, and never what was read.

What is done to accounts, and with this log itself, stands in the same table.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from aura_engine.sql import load_queries
from aura_engine.store.access import Viewer
from aura_engine.store.failures import store_errors

_QUERIES: Final = load_queries("store_access")


def record_person(
    engine: Engine, viewer: Viewer, user_id: UUID, *, action: str, request_id: str | None = None
) -> None:
    """Note that somebody is about to read one person's record.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    viewer : Viewer
        Who reads.
    user_id : UUID
        Whose record; one that nobody has is not kept.
    action : str
        A route's pattern or a page's name.
    request_id : str, optional
        Of the request, as the logs have it.

    Raises
    ------
    StoreError
        If it could not be noted; then nothing may be read.
    """
    _write("record_person", engine, viewer, action, request_id, user_id=str(user_id))


def record_pseudonym(engine: Engine, viewer: Viewer, pseudonym: str, *, action: str) -> None:
    """Note that somebody is about to read one person's record, whom they name by pseudonym.

    Parameters
    ----------
    engine, viewer, action
        As of `record_person`.
    pseudonym : str
        Whose record; one that nobody has is not kept.
    """
    _write("record_pseudonym", engine, viewer, action, None, pseudonym=pseudonym)


def record_identity(
    engine: Engine,
    viewer: Viewer,
    user_id: UUID,
    *,
    action: str,
    reason: str,
    request_id: str | None = None,
) -> bool:
    """Note that somebody is about to learn who a person is, and why they want to.

    Parameters
    ----------
    engine, viewer, action
        As of `record_person`.
    user_id : UUID
        Whose identity.
    reason : str
        In their own words, 10 to 500 characters.
    request_id : str, optional
        Of the look; the same one within a minute is noted once.

    Returns
    -------
    bool
        Whether it is noted. Nobody is there any more where it was not, and nothing may be read.

    Raises
    ------
    StoreError
        If it could not be noted; then nothing may be read either.
    """
    told = {
        "actor": viewer.name,
        "role": viewer.role.value,
        "action": action,
        "user_id": str(user_id),
        "detail": reason,
        "request_id": request_id,
    }
    with store_errors(), engine.begin() as connection:
        return bool(connection.scalar(text(_QUERIES["record_identity"]), told))


def record_log(engine: Engine, viewer: Viewer, *, action: str, detail: str | None = None) -> None:
    """Note that somebody is about to read this log.

    Parameters
    ----------
    engine, viewer, action
        As of `record_person`.
    detail : str, optional
        How much of it; never whom it tells of.
    """
    _write("record_log", engine, viewer, action, None, detail=detail)


def record_account(
    connection: Connection, viewer: Viewer, account_id: int, *, action: str, detail: str
) -> None:
    """Note what is done to an account, in the transaction that does it.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who does it.
    account_id : int
        The account.
    action : str
        What is done.
    detail : str
        From what to what; no e-mail.
    """
    told = {"actor": viewer.name, "role": viewer.role.value, "action": action}
    connection.execute(
        text(_QUERIES["record_account"]),
        {**told, "request_id": None, "account_id": account_id, "detail": detail},
    )


def record_list(
    engine: Engine, viewer: Viewer, *, action: str, request_id: str | None = None
) -> None:
    """Note that somebody is about to read a list of people.

    Parameters
    ----------
    engine, viewer, action, request_id
        As of `record_person`.
    """
    _write("record_list", engine, viewer, action, request_id)


def _write(
    query: str,
    engine: Engine,
    viewer: Viewer,
    action: str,
    request_id: str | None,
    **more: str | None,
) -> int:
    """Write a row and return how many were written."""
    told = {"actor": viewer.name, "role": viewer.role.value, "action": action}
    with store_errors(), engine.begin() as connection:
        done = connection.execute(text(_QUERIES[query]), {**told, "request_id": request_id, **more})
    return int(done.rowcount)
