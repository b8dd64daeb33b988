"""The read-only roles: what a DBA installs by hand, installed by us where we are the DBA."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from types import MappingProxyType
from typing import Final

import psycopg2
from sqlalchemy import Engine

from aura_engine.sources.connections import Source
from aura_engine.sql import SQL_ROOT

READER_ROLE: Final = "aura_reader"
IDENTITY_ROLE: Final = "aura_identity"
"""Reads names and nothing else; only to reveal one person's identity."""
IDENTITY_SOURCES: Final = (Source.AUTH, Source.SOCIAL)
"""Where they are."""
_GRANT: Final = re.compile(
    r"^GRANT SELECT \(([^)]+)\) ON public\.(\w+) TO (?:aura_reader|aura_identity);$", re.MULTILINE
)


def role_script(source: Source) -> str:
    """Return the script of ``sql/roles/`` that lets the role read one source."""
    return (SQL_ROOT / "roles" / f"{source.value}.sql").read_text(encoding="utf-8")


@cache
def granted_columns(source: Source) -> Mapping[str, tuple[str, ...]]:
    """Return the columns that the script grants, by table: all that any query of ours reads."""
    return _granted(role_script(source))


@cache
def identity_columns(source: Source) -> Mapping[str, tuple[str, ...]]:
    """Return the columns that the role of names is granted in one of `IDENTITY_SOURCES`."""
    return _granted(identity_script(source))


def _granted(script: str) -> Mapping[str, tuple[str, ...]]:
    found = {
        table: tuple(column.strip() for column in columns.split(","))
        for columns, table in _GRANT.findall(script)
    }
    return MappingProxyType(found)


def uninstall_script() -> str:
    """Return the script that takes back, in any of the sources, what was given."""
    return (SQL_ROOT / "roles" / "uninstall.sql").read_text(encoding="utf-8")


def identity_script(source: Source) -> str:
    """Return the script that lets the role of names read one of `IDENTITY_SOURCES`."""
    return (SQL_ROOT / "roles" / f"{source.value}_identity.sql").read_text(encoding="utf-8")


def uninstall_identity_script() -> str:
    """Return the script that takes back what `identity_script` gave."""
    return (SQL_ROOT / "roles" / "uninstall_identity.sql").read_text(encoding="utf-8")


def install_reader(owner: Engine, source: Source) -> None:
    """Install the role in a source that we own, such as one of the embedded cluster.

    Parameters
    ----------
    owner : Engine
        Connects to the source as its owner, with the right to create roles.
    source : Source
        Which script to run. It sets no password.

    Raises
    ------
    psycopg2.Error
        If the server refuses; nothing is changed then.
    """
    _run(owner, role_script(source))


def install_identity_reader(owner: Engine, source: Source) -> None:
    """Install the role of names in a source that we own; as `install_reader` does."""
    _run(owner, identity_script(source))


def uninstall_identity_reader(owner: Engine) -> None:
    """Take back what `install_identity_reader` gave, in the database of the engine."""
    _run(owner, uninstall_identity_script())


def uninstall_reader(owner: Engine) -> None:
    """Take back what :func:`install_reader` gave, in the database of the engine."""
    _run(owner, uninstall_script())


def _run(owner: Engine, script: str) -> None:
    """Run a script as it is: it holds its own BEGIN and COMMIT."""
    with (
        owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        closing(connection.connection.cursor()) as cursor,
    ):
        try:
            cursor.execute(script)
        except psycopg2.Error:
            cursor.execute("ROLLBACK")  # ends the script's own transaction
            raise
