"""What the connected role may do in a source, against what ``sql/roles/`` grants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from aura_engine.sources.check.findings import Finding, Severity
from aura_engine.sources.connections import Source
from aura_engine.sources.roles import granted_columns
from aura_engine.sql import load_queries

_WITHOUT_ZONE: Final = "timestamp without time zone"
_WITH_ZONE: Final = "timestamp with time zone"
_UNLIMITED: Final = "0"


@dataclass(frozen=True, slots=True)
class Privileges:
    """The role, and where it may do more or less than a run needs.

    Attributes
    ----------
    server_version, database, role : str
        As the server names them.
    limits : dict of str
        ``read_only``, ``statement_timeout`` and ``lock_timeout`` of the role's sessions.
    is_superuser, has_attributes, can_create : bool
        Whether the role passes every check; may make databases, roles or replicas or ignore row
        security; may create tables.
    missing : tuple of str
        ``table.column`` that exists, is needed and may not be read.
    absent : tuple of str
        ``table.column`` that is needed and does not exist.
    other_types : tuple of str
        Time columns that carry a zone where the service writes none, or the other way.
    excess : dict of str to tuple of str
        Columns that may be read and that no query needs, by table. Empty for a superuser, who
        may read everything.
    writable : tuple of str
        Tables that may be changed. Empty for a superuser.
    """

    server_version: str
    database: str
    role: str
    limits: dict[str, str]
    is_superuser: bool
    has_attributes: bool
    can_create: bool
    missing: tuple[str, ...]
    absent: tuple[str, ...]
    other_types: tuple[str, ...]
    excess: dict[str, tuple[str, ...]]
    writable: tuple[str, ...]


def privileges(
    connection: Connection,
    source: Source,
    *,
    needed: Mapping[str, tuple[str, ...]] | None = None,
) -> Privileges:
    """Ask the server what the connected role is and may do.

    Parameters
    ----------
    connection : Connection
        As the role, in the source.
    source : Source
        Which one.
    needed : mapping, optional
        Columns by table that the role has to read, and no others; those of runs when not given.
    """
    role = connection.execute(text(load_queries("check")["role"])).one()
    found = connection.execute(text(load_queries("check")["columns"])).all()
    in_public = {
        (row.table_name, row.column_name): row for row in found if row.schema_name == "public"
    }
    due_columns = granted_columns(source) if needed is None else needed
    pairs = [(table, column) for table, columns in due_columns.items() for column in columns]
    excess: dict[str, list[str]] = {}
    for row in found:
        name = (row.table_name, row.column_name)
        if row.is_readable and not (row.schema_name == "public" and name in pairs):
            table = row.table_name
            shown = table if row.schema_name == "public" else f"{row.schema_name}.{table}"
            excess.setdefault(shown, []).append(row.column_name)
    writable = connection.execute(text(load_queries("doctor")["writable_tables"])).scalars()
    due = _WITHOUT_ZONE if source is Source.AUTH else _WITH_ZONE
    there = [name for name in pairs if name in in_public]
    return Privileges(
        server_version=role.server_version,
        database=role.database_name,
        role=role.role_name,
        limits={
            name: getattr(role, name) for name in ("read_only", "statement_timeout", "lock_timeout")
        },
        is_superuser=role.is_superuser,
        has_attributes=role.has_attributes and not role.is_superuser,
        can_create=role.can_create and not role.is_superuser,
        missing=_dotted(name for name in there if not in_public[name].is_readable),
        absent=_dotted(name for name in pairs if name not in in_public),
        other_types=_dotted(
            name for name in there if name[1].endswith("_at") and in_public[name].type_name != due
        ),
        excess={}
        if role.is_superuser
        else {table: tuple(columns) for table, columns in sorted(excess.items())},
        writable=() if role.is_superuser else tuple(writable),
    )


def privilege_findings(found: Privileges, source: Source) -> Iterator[Finding]:
    """Say what is missing, and what is more than a reader needs."""

    def say(severity: Severity, code: str, *names: str) -> Finding:
        fields = {"names": ", ".join(names), "role": found.role} if names else {"role": found.role}
        return Finding(severity, source, f"check.{code}", dict(fields))

    for code in ("absent", "other_types", "missing"):
        names: tuple[str, ...] = getattr(found, code)
        if names:
            yield say(Severity.BLOCK, code, *names)
    for code in ("is_superuser", "has_attributes", "can_create"):
        if getattr(found, code):
            yield say(Severity.WARNING, code)
    if found.writable:
        yield say(Severity.WARNING, "writable", *found.writable)
    if found.excess:
        shown = (f"{table} ({', '.join(columns)})" for table, columns in found.excess.items())
        yield say(Severity.WARNING, "excess", *shown)
    if found.limits["statement_timeout"] == _UNLIMITED or found.limits["read_only"] != "on":
        yield say(Severity.WARNING, "limits")


def _dotted(names: Iterator[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{table}.{column}" for table, column in names)
