"""What the tables hold: rows, and columns that say nothing because nobody writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from aura_engine.sources.check.findings import Finding, Severity
from aura_engine.sources.connections import Source
from aura_engine.sources.roles import granted_columns
from aura_engine.sql import load_queries

_ROLES: Final = "roles"
"""The table of roles is read with the accounts."""
_IN_NONE: Final = {
    "auth_users.population": Severity.BLOCK,
    "auth_users.created_at": Severity.WARNING,
    "social_user_profiles.followers_count": Severity.NOTE,
    "social_user_profiles.following_count": Severity.NOTE,
    "social_user_profiles.last_active_at": Severity.NOTE,
    "social_user_profiles.is_active": Severity.WARNING,
    "social_user_profiles.bio": Severity.WARNING,
    "social_user_profiles.birth_date": Severity.WARNING,
    "social_user_profiles.location": Severity.WARNING,
    "social_friendships.accepted": Severity.WARNING,
    "social_posts.content": Severity.WARNING,
    "social_posts.is_active": Severity.WARNING,
    "social_comments.is_active": Severity.WARNING,
    "social_communities.is_active": Severity.WARNING,
    "messaging_users.last_seen_at": Severity.NOTE,
    "messaging_users.is_active": Severity.WARNING,
    "messaging_messages.message_type": Severity.WARNING,
    "messaging_messages.is_deleted": Severity.NOTE,
    "messaging_messages.in_window": Severity.WARNING,
}
"""Columns in which no row says anything; the message is ``check_none.<table>_<column>``."""
_IN_ALL: Final = {
    "social_user_profiles.is_active": Severity.NOTE,
    "social_posts.is_active": Severity.NOTE,
    "social_comments.is_active": Severity.NOTE,
    "social_communities.is_active": Severity.NOTE,
    "messaging_users.is_active": Severity.NOTE,
    "messaging_messages.is_deleted": Severity.WARNING,
}
"""Columns that are true in every row; the message is ``check_all.<table>_<column>``."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """How much a table holds.

    Attributes
    ----------
    table : str
        Its name in the source.
    rows : int or None
        How many; None where they cannot be counted and the server has no statistics.
    is_exact : bool
        Counted now, or the server's own estimate.
    has_statistics : bool
        Whether the server knows the table well enough to plan queries on it.
    saying : dict of int
        Rows that say something, by column or property; empty where they cannot be counted.
    """

    table: str
    rows: int | None
    is_exact: bool
    has_statistics: bool
    saying: dict[str, int]


def table_facts(
    connection: Connection, source: Source, parameters: Mapping[str, object]
) -> tuple[TableFacts, ...]:
    """Count the rows of every table that a run reads, each with one scan.

    Parameters
    ----------
    connection : Connection
        Within a transaction, which goes on where a grant is missing.
    source : Source
        Whose tables.
    parameters : mapping
        ``as_of`` and ``since``.
    """
    estimates = {
        row.table_name: row.estimated_rows
        for row in connection.execute(text(load_queries("check")["sizes"]))
    }
    return tuple(
        _facts(connection, source, table, estimates.get(table), parameters)
        for table in granted_columns(source)
        if table != _ROLES
    )


def _facts(
    connection: Connection,
    source: Source,
    table: str,
    estimate: int | None,
    parameters: Mapping[str, object],
) -> TableFacts:
    query = load_queries("check")[f"{source.value}_{table}"]
    has_statistics = estimate is not None
    try:
        with connection.begin_nested():
            found = dict(connection.execute(text(query), dict(parameters)).mappings().one())
    except ProgrammingError:
        return TableFacts(table, estimate, False, has_statistics, {})
    return TableFacts(table, found.pop("row_count"), True, has_statistics, found)


def content_findings(facts: tuple[TableFacts, ...], source: Source) -> Iterator[Finding]:
    """Say what it means for the indicators that a table or a column holds nothing."""
    for table in facts:
        name = f"{source.value}_{table.table}"
        if table.rows == 0 and table.is_exact:
            severity = Severity.BLOCK if name == "auth_users" else Severity.WARNING
            yield Finding(severity, source, f"check_empty.{name}")
            continue
        if not table.has_statistics:
            fields: dict[str, object] = {"table": table.table}
            yield Finding(Severity.WARNING, source, "check.no_statistics", fields)
        for column, rows in table.saying.items():
            yield from _column_findings(source, name, column, rows, table.rows)


def _column_findings(
    source: Source, table: str, column: str, rows: int, of: int | None
) -> Iterator[Finding]:
    place = f"{table}.{column}"
    counted: dict[str, object] = {"rows": rows, "table": table.removeprefix(f"{source.value}_")}
    if column == "later":
        if rows:
            yield Finding(Severity.WARNING, source, "check.later", counted)
    elif rows == 0 and place in _IN_NONE:
        yield Finding(_IN_NONE[place], source, f"check_none.{table}_{column}")
    elif rows == of and place in _IN_ALL:
        yield Finding(_IN_ALL[place], source, f"check_all.{table}_{column}")
