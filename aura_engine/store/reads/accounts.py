"""Reads of accounts, for whoever looks after them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from aura_engine.sql import load_queries
from aura_engine.store.access import Viewer
from aura_engine.store.accounts import Account, account_of

_QUERIES: Final = load_queries("store_audit")


@dataclass(frozen=True, slots=True)
class Community:
    """A community that people of the population belong to.

    Parameters
    ----------
    id : UUID
        In the social service.
    category : str
        What it is about.
    """

    id: UUID
    category: str


def accounts(connection: Connection, viewer: Viewer) -> list[Account]:
    """Return all accounts, the open ones first, by e-mail.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.

    Raises
    ------
    AccessDenied
        If the viewer does not look after accounts.
    """
    viewer.require_accounts()
    return [account_of(row) for row in connection.execute(text(_QUERIES["accounts"]))]


def communities(
    connection: Connection, viewer: Viewer, *, only: Collection[UUID] | None = None
) -> list[Community]:
    """Return the communities that anybody belongs to, by category.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    only : collection of UUID, optional
        Those asked for; all where not given.

    Raises
    ------
    AccessDenied
        If the viewer does not look after accounts.
    """
    viewer.require_accounts()
    asked = None if only is None else [str(one) for one in sorted(only)]
    rows = connection.execute(text(_QUERIES["communities"]), {"only": asked})
    return [Community(row.community_id, row.category) for row in rows]
