"""What tells us of changes in a source: what a DBA installs by hand, installed and looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import psycopg2
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from aura_engine.errors import SourceError
from aura_engine.i18n import t
from aura_engine.sources.connections import Source
from aura_engine.sources.roles import granted_columns
from aura_engine.sql import SQL_ROOT, load_queries

EVENTS: Final = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
_WATCHED: Final[Mapping[Source, tuple[str, ...]]] = {
    Source.AUTH: ("users",),
    Source.SOCIAL: (
        "user_profiles",
        "complete_profiles",
        "posts",
        "comments",
        "friendships",
        "communities",
        "community_members",
    ),
    Source.MESSAGING: ("users", "messages"),
}
_NOBODY_CONCERNED: Final = frozenset({"communities.INSERT"})
"""A community has no members before it is there itself."""
_VERSION: Final = re.compile(r"this_version constant integer := (\d+);")
_WARNING: Final = "WARNING:"
_LOCKED: Final = "55P03"
_REFUSED: Final = "42501"


@dataclass(frozen=True, slots=True)
class TriggerState:
    """What is installed in one source, seen by the connected role.

    Attributes
    ----------
    source : Source
        Where.
    is_there : bool
        Whether the schema ``aura_cdc`` exists.
    is_readable : bool
        Whether the role may read the log and prune it.
    version : int or None
        Version of the script that was run; None where it cannot be read.
    installed_at : datetime or None
        When it was run last, zone-aware.
    missing, disabled : tuple of str
        ``table.EVENT`` of triggers that should be there, or fire, and do not.
    """

    source: Source
    is_there: bool
    is_readable: bool
    version: int | None
    installed_at: datetime | None
    missing: tuple[str, ...]
    disabled: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether no change is missed, and the role can read of all of them."""
        whole = self.is_there and self.is_readable and not self.missing and not self.disabled
        return whole and self.version == shipped_version()


@dataclass(frozen=True, slots=True)
class Installed:
    """How an installation ended.

    Attributes
    ----------
    state : TriggerState
        As the owner sees it.
    warnings : tuple of str
        What the server said meanwhile and a DBA should know.
    """

    state: TriggerState
    warnings: tuple[str, ...]


def install_script() -> str:
    """Return the script that installs the triggers in any of the sources."""
    return (SQL_ROOT / "triggers" / "notify_triggers.sql").read_text(encoding="utf-8")


def uninstall_script() -> str:
    """Return the script that removes them, with what was logged."""
    return (SQL_ROOT / "triggers" / "uninstall_triggers.sql").read_text(encoding="utf-8")


@cache
def shipped_version() -> int:
    """Return the version that the script installs."""
    (number,) = _VERSION.findall(install_script())
    return int(number)


def watched_events(source: Source) -> tuple[str, ...]:
    """Return ``table.EVENT`` of every trigger that belongs in a source."""
    due = (f"{table}.{event}" for table in _WATCHED[source] for event in EVENTS)
    return tuple(name for name in due if name not in _NOBODY_CONCERNED)


def trigger_state(connection: Connection, source: Source) -> TriggerState:
    """Look what is installed; any role may ask.

    Parameters
    ----------
    connection : Connection
        To the source.
    source : Source
        Which one it is.
    """
    queries = load_queries("triggers")
    schema = connection.execute(text(queries["schema"])).one()
    run = None
    if schema.is_readable:
        run = connection.execute(text(queries["version"])).one_or_none()
    found = {
        f"{row.table_name}.{row.event}": row.is_enabled
        for row in connection.execute(text(queries["triggers"]))
    }
    due = watched_events(source)
    return TriggerState(
        source,
        schema.is_there,
        schema.is_readable,
        None if run is None else run.version,
        None if run is None else run.installed_at,
        missing=tuple(name for name in due if name not in found),
        disabled=tuple(name for name in due if not found.get(name, True)),
    )


def install_triggers(owner: Engine, source: Source) -> Installed:
    """Install the triggers, or bring them to the shipped version; all of them or none.

    Parameters
    ----------
    owner : Engine
        Connects to the source as the owner of its tables, who may create schemas there.
    source : Source
        Which one it should be; another database is refused.

    Raises
    ------
    SourceError
        If the server refuses, or the tables stay in use; nothing is changed then.
    """
    with _connected(owner, source) as connection:
        absent = granted_columns(source).keys() - set(_tables(connection))
        if absent:
            names = ", ".join(sorted(absent))
            raise SourceError(t("triggers.another_database", **_names(source), tables=names))
        warnings = _run(connection, install_script())
        return Installed(trigger_state(connection, source), warnings)


def uninstall_triggers(owner: Engine, source: Source) -> None:
    """Remove the triggers and everything that was logged; harmless where there are none.

    Parameters
    ----------
    owner : Engine
        Connects to the source as the role that installed them.
    source : Source
        Which one it is, for messages.

    Raises
    ------
    SourceError
        If the server refuses, or the tables stay in use; nothing is changed then.
    """
    with _connected(owner, source) as connection:
        _run(connection, uninstall_script())


@contextmanager
def _connected(owner: Engine, source: Source) -> Iterator[Connection]:
    """Yield an autocommitting connection; the server's refusals become messages for people."""
    try:
        with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection
    except DBAPIError as error:
        raise SourceError(_explain(source, error.orig)) from error
    except psycopg2.Error as error:
        raise SourceError(_explain(source, error)) from error


def _tables(connection: Connection) -> Iterator[str]:
    yield from connection.execute(text(load_queries("triggers")["tables"])).scalars()


def _run(connection: Connection, script: str) -> tuple[str, ...]:
    """Run a script that holds its own BEGIN and COMMIT; return what the server warned of."""
    driver: Any = connection.connection.driver_connection
    with closing(driver.cursor()) as cursor:
        del driver.notices[:]
        try:
            cursor.execute(script)
        except psycopg2.Error:
            connection.invalidate()  # ends the script's own transaction
            raise
    said = (notice.partition("\n")[0] for notice in driver.notices)
    return tuple(line.removeprefix(_WARNING).strip() for line in said if line.startswith(_WARNING))


def _explain(source: Source, error: BaseException | None) -> str:
    code = getattr(error, "pgcode", None)
    detail = getattr(getattr(error, "diag", None), "message_primary", None) or ""
    key = {None: "unreachable", _LOCKED: "busy", _REFUSED: "refused"}.get(code, "failed")
    return t(f"triggers.{key}", **_names(source), code=code, detail=detail)


def _names(source: Source) -> dict[str, str]:
    return {"database": source.database, "source": source.value}
