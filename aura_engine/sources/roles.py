"""The read-only role: what a DBA installs by hand, installed by ourselves where we are the DBA."""

from __future__ import annotations

from typing import Final

from psycopg2.extensions import encrypt_password
from sqlalchemy import Connection, Engine

from aura_engine.sources.connections import Source
from aura_engine.sql import SQL_ROOT

READER_ROLE: Final = "aura_reader"


def role_script(source: Source) -> str:
    """Return the script of ``sql/roles/`` that lets the role read one source."""
    return (SQL_ROOT / "roles" / f"{source.value}.sql").read_text(encoding="utf-8")


def uninstall_script() -> str:
    """Return the script that takes back, in any of the sources, what was given."""
    return (SQL_ROOT / "roles" / "uninstall.sql").read_text(encoding="utf-8")


def install_reader(owner: Engine, source: Source, *, password: str | None = None) -> None:
    """Install the role in a source that we own, such as one of the embedded cluster.

    Parameters
    ----------
    owner : Engine
        Connects to the source as its owner, with the right to create roles.
    source : Source
        Which script to run.
    password : str, optional
        Password to set; the server gets only its SCRAM verifier, so that no log holds it.
    """
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        run_script(connection, role_script(source))
        if password is not None:
            verifier = encrypt_password(
                password,
                READER_ROLE,
                scope=connection.connection.driver_connection,
                algorithm="scram-sha-256",
            )
            run_script(connection, f"ALTER ROLE {READER_ROLE} PASSWORD '{verifier}'")


def uninstall_reader(owner: Engine) -> None:
    """Take back what :func:`install_reader` gave, in the database of the engine."""
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        run_script(connection, uninstall_script())


def run_script(connection: Connection, script: str) -> None:
    """Run SQL of several statements as it is, without parameters."""
    connection.connection.cursor().execute(script)
