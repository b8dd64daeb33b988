"""Reads of the log of reads, for whoever looks after accounts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, TextClause, text

from aura_engine.sql import load_queries
from aura_engine.store.access import Viewer

_QUERIES: Final = load_queries("store_audit")
SUBJECTS: Final = ("person", "identity", "list", "unknown", "account", "log")
"""What a row tells of."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which rows of the log; what is None leaves all.

    Parameters
    ----------
    actor : str, optional
        Who read, as the log names them.
    pseudonym : str, optional
        Whose record.
    action : str, optional
        A page's name, a route's pattern, or what was done to an account.
    subject : str, optional
        One of `SUBJECTS`.
    since, until : datetime, optional
        Zone-aware; from the first, before the second.
    """

    actor: str | None = None
    pseudonym: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.since, self.until):
            if moment is not None and moment.tzinfo is None:
                raise ValueError(f"naive datetime: {moment}")


@dataclass(frozen=True, slots=True)
class AuditActor:
    """Somebody of whom the log tells.

    Parameters
    ----------
    name : str
        As the log names them.
    email : str or None
        Of their account, where they have one.
    """

    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the log.

    Attributes
    ----------
    at : datetime
        When.
    actor, role : str
        Who, and as what.
    email : str or None
        Of the actor's account.
    action, subject : str
        What was done, and to what.
    pseudonym : str or None
        Whose record; None for a person whose account is gone, too.
    account_email : str or None
        Of the account that was changed.
    detail, request_id : str or None
        As they were noted.
    """

    at: datetime
    actor: str
    role: str
    email: str | None
    action: str
    subject: str
    pseudonym: str | None
    account_email: str | None
    detail: str | None
    request_id: str | None


def audit_entries(
    connection: Connection, viewer: Viewer, wanted: AuditFilter, *, limit: int, offset: int = 0
) -> list[AuditEntry]:
    """Return rows of the log, newest first.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    wanted : AuditFilter
        Which rows.
    limit, offset : int
        Which part of them.

    Raises
    ------
    AccessDenied
        If the viewer does not look after accounts.
    """
    viewer.require_accounts()
    asked = {**asdict(wanted), "limit": limit, "offset": offset}
    rows = connection.execute(_of_log("entries"), asked).mappings()
    return [AuditEntry(**row) for row in rows]


def audit_count(connection: Connection, viewer: Viewer, wanted: AuditFilter, *, most: int) -> int:
    """Count rows of the log, `most` at most.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    wanted : AuditFilter
        Which rows.
    most : int
        Where counting ends.

    Raises
    ------
    AccessDenied
        If the viewer does not look after accounts.
    """
    viewer.require_accounts()
    asked = {**asdict(wanted), "most": most}
    return int(connection.scalar(_of_log("count_entries"), asked) or 0)


def audit_actors(connection: Connection, viewer: Viewer) -> list[AuditActor]:
    """Return everybody of whom the log tells, in the order of their names."""
    viewer.require_accounts()
    rows = connection.execute(_of_log("actors"))
    return [AuditActor(row.name, row.email) for row in rows]


def audit_actions(connection: Connection, viewer: Viewer) -> list[str]:
    """Return every action that the log tells of, in the order of their names."""
    viewer.require_accounts()
    return list(connection.scalars(_of_log("actions")))


def _of_log(query: str) -> TextClause:
    """Return a named query with its ``{chosen}`` filled in."""
    return text(_QUERIES[query].replace("{chosen}", _QUERIES["chosen"]))
