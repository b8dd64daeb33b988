"""Migrations of the analytics database: upgrade, downgrade, and is it at head."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from aura_engine.errors import StoreError
from aura_engine.i18n import t
from aura_engine.store.failures import store_errors

MIGRATIONS: Final = Path(__file__).resolve().parents[2] / "migrations"
_LOCK: Final = 0x41555241_0001
"""Advisory lock of migrations ("AURA" and a number): two processes never migrate at once."""


def is_ours(_object: Any, name: str | None, type_: str, _reflected: bool, compare_to: Any) -> bool:
    """Tell Alembic to compare what the models declare and nothing else of the database.

    Partitions are made by runs; their tables and indexes are not declared.

    Parameters
    ----------
    name : str or None
        Of the object.
    type_ : str
        ``table``, ``index``, …
    compare_to : object or None
        What the models declare in its place.
    """
    return not (
        type_ == "table"
        and compare_to is None
        and (name or "").startswith(("feature_", "risk_history_"))
    )


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to a revision, in one transaction, one process at a time."""
    with store_errors(), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to an earlier revision; ``"base"`` leaves nothing."""
    with store_errors(), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.downgrade(_config(connection), revision)


def current_revision(connection: Connection) -> str | None:
    """Return the revision that the database is at; None before the first upgrade."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def head_revision() -> str:
    """Return the newest revision that this code knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError(f"no migrations under {MIGRATIONS}")
    return head


def require_current(engine: Engine) -> None:
    """Check that the database has the structure that this code works with.

    Raises
    ------
    StoreError
        If it is at another revision, or does not answer; the message names the mend.
    """
    with store_errors(), engine.connect() as connection:
        problem = structure_problem(connection)
    if problem is not None:
        raise StoreError(problem)


def structure_problem(connection: Connection) -> str | None:
    """Say what is wrong with the structure and its mend; None if it is what this code needs."""
    current = current_revision(connection)
    if current is None:
        return t("store.no_structure")
    if current != head_revision():
        return t("store.not_current", current=current, head=head_revision())
    return None
