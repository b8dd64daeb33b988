"""Write what the population did into the three source databases, as the live services would.

Each database is one transaction a slice, and the same transaction moves the database's mark.
Killed at any moment, every database stands at the end of a slice, though not all at the same
one; the next writing brings each from its own mark to the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg2
from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import SQLAlchemyError

from aura_engine.demo.cast import FIRST_DAY
from aura_engine.demo.copying import add_rows, apply_changes, copy_rows
from aura_engine.demo.plan import DemoPlan
from aura_engine.demo.population import Population, SliceRows
from aura_engine.errors import DemoError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.sources import Source
from aura_engine.sql import load_queries

log = get_logger(__name__)

SliceProgress = Callable[[int, int], None]
"""Called with the number of slices done and of all slices."""

_STEP: Final = timedelta(days=10)
_PARENTS_FIRST: Final = {
    Source.AUTH: ("users",),
    Source.SOCIAL: (
        "user_profiles", "complete_profiles", "communities", "community_members",
        "posts", "comments", "friendships",
    ),
    Source.MESSAGING: ("users", "chat_groups", "group_members", "conversations", "messages"),
}  # fmt: skip

_MAY_BE_THERE: Final = (Source.SOCIAL, "friendships")
"""Rows without an id of their own: the same two people may have met while the demo was served."""


def written_through(engine: Engine) -> datetime | None:
    """Return up to which moment a source database holds the population's doings.

    Returns
    -------
    datetime or None
        Zone-aware UTC; None where nothing was written yet.

    Raises
    ------
    DemoError
        If the database cannot be read.
    """
    try:
        with engine.connect() as connection:
            marker = _marker(connection)
    except SQLAlchemyError as error:
        raise DemoError(t("demo.unreadable")) from error
    return None if marker is None else marker.through.astimezone(UTC)


def write_until(
    engines: Mapping[Source, Engine],
    population: Population,
    until: datetime,
    *,
    step: timedelta = _STEP,
    progress: SliceProgress | None = None,
) -> None:
    """Bring all three databases to a moment, each from where it stands.

    Parameters
    ----------
    engines : Mapping[Source, Engine]
        Of roles that own the databases.
    population : Population
        Whose rows are written.
    until : datetime
        Zone-aware; a database that is already there or further stays as it is.
    step : timedelta
        Longest slice that one transaction writes.
    progress : callable, optional
        Told how many slices are done, of how many.

    Raises
    ------
    DemoError
        If a database refuses, or holds another population's rows.
    """
    marks = [written_through(engines[source]) for source in Source]
    ends = _slice_ends(population, marks, until, step)
    for done, end in enumerate(ends):
        if progress is not None:
            progress(done, len(ends))
        write_slice(engines, population, end)
    if len(ends) > 1:
        _analyse(engines)
    if progress is not None:
        progress(len(ends), len(ends))


def write_slice(engines: Mapping[Source, Engine], population: Population, until: datetime) -> None:
    """Bring each database from its mark to `until` in one transaction; see `write_until`.

    Parameters
    ----------
    engines : mapping of Source to Engine
        With the right to write.
    population : Population
        Who lives what.
    until : datetime
        The new mark.
    """
    rows: dict[datetime | None, SliceRows] = {}
    for source in Source:
        try:
            with engines[source].begin() as connection:
                _write(connection, source, population, until, rows)
        except (SQLAlchemyError, psycopg2.Error) as error:
            raise DemoError(t("demo.write_failed", database=source.database)) from error


def require_own(engines: Mapping[Source, Engine], plan: DemoPlan) -> datetime:
    """Check that all three databases are the demo's and hold the people of a plan.

    Returns
    -------
    datetime
        Up to which moment all of them do; zone-aware UTC.

    Raises
    ------
    DemoError
        If one does not, or cannot be read.
    """
    marks = []
    for source in Source:
        try:
            with engines[source].connect() as connection:
                mark = _own(_marker(connection), plan, source)
        except SQLAlchemyError as error:
            raise DemoError(t("demo.unreadable")) from error
        if mark is None:
            raise DemoError(t("demo.not_written", database=source.database))
        marks.append(mark)
    return min(marks)


def _analyse(engines: Mapping[Source, Engine]) -> None:
    """Let queries plan by what a whole history brought, before autovacuum gets to it."""
    for source, tables in _PARENTS_FIRST.items():
        try:
            with engines[source].begin() as connection:
                connection.exec_driver_sql(f"ANALYZE {', '.join(tables)}")
        except SQLAlchemyError as error:
            raise DemoError(t("demo.write_failed", database=source.database)) from error


def _slice_ends(
    population: Population, marks: list[datetime | None], until: datetime, step: timedelta
) -> list[datetime]:
    known = [mark for mark in marks if mark is not None]
    if len(known) < len(marks):
        start = population.calendar.day(FIRST_DAY).start
        reached = datetime.fromtimestamp(start / 1000, UTC)
    else:
        reached = min(known)
    ends = []
    while reached < until:
        reached = min(reached + step, until)
        ends.append(reached)
    return ends


def _write(
    connection: Connection,
    source: Source,
    population: Population,
    until: datetime,
    rows: dict[datetime | None, SliceRows],
) -> None:
    queries = load_queries("demo")
    connection.execute(text(queries["lock_marker"]))
    connection.execute(text(queries["create_marker_schema"]))
    connection.execute(text(queries["create_marker"]))
    marker = _marker(connection)
    mark = _own(marker, population, source)
    if mark is not None and mark >= until:
        return
    if mark not in rows:
        rows[mark] = population.rows(mark, until)
    count = _write_rows(connection, source, rows[mark])
    connection.execute(
        text(queries["move_marker"]),
        {
            "seed": population.seed,
            "users": population.users,
            "epoch": population.epoch,
            "through": until,
        },
    )
    log.info("demo_slice_written", source=source.value, until=until.isoformat(), rows=count)


def _write_rows(connection: Connection, source: Source, rows: SliceRows) -> int:
    inserts = [batch for batch in rows.inserts if batch.database == source.value]
    inserts.sort(key=lambda batch: _PARENTS_FIRST[source].index(batch.table))
    changes = [batch for batch in rows.updates if batch.database == source.value]
    changes.sort(key=lambda batch: batch.operation, reverse=True)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        for batch in inserts:
            if (source, batch.table) == _MAY_BE_THERE:
                add_rows(cursor, batch)
            else:
                copy_rows(cursor, batch)
        for batch in changes:
            apply_changes(cursor, batch)
    return sum(len(batch.at) for batch in [*inserts, *changes])


def _marker(connection: Connection) -> Row[Any] | None:
    queries = load_queries("demo")
    if not connection.scalar(text(queries["marker_exists"])):
        return None
    return connection.execute(text(queries["read_marker"])).one_or_none()


def _own(
    marker: Row[Any] | None, population: Population | DemoPlan, source: Source
) -> datetime | None:
    """Return the mark, having checked that it is this population's."""
    if marker is None:
        return None
    wanted = (population.seed, population.users, population.epoch)
    if (marker.seed, marker.users, marker.epoch) != wanted:
        raise DemoError(t("demo.other_population", database=source.database))
    through: datetime = marker.through
    return through.astimezone(UTC)
