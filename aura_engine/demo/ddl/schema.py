"""The source schemas as the live services create them, for databases that we make ourselves."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from aura_engine.sources import Source


def schema_script(source: Source) -> str:
    """Return the DDL of one source."""
    return Path(__file__).with_name(f"{source.value}.sql").read_text(encoding="utf-8")


def create_schema(connection: Connection, source: Source) -> None:
    """Create the tables of one source in an empty database, within the caller's transaction."""
    connection.exec_driver_sql(schema_script(source))
