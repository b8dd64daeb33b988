"""Who looked at whom, when and how: written before anything is read, and never what was read."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import Engine, text

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
    **more: str,
) -> None:
    told = {"actor": viewer.name, "role": viewer.role.value, "action": action}
    with store_errors(), engine.begin() as connection:
        connection.execute(text(_QUERIES[query]), {**told, "request_id": request_id, **more})
