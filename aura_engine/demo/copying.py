"""Batches into PostgreSQL: COPY for new rows, a staged COPY for changes and deletions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from io import StringIO
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.sql import SQL, Composable, Identifier

from aura_engine.demo.journal import Batch

_NULL: Final = "\\N"
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_STAGE: Final = "aura_demo_stage"


def copy_rows(cursor: Cursor, batch: Batch) -> None:
    """Insert the rows of a batch."""
    _copy(cursor, batch, Identifier(batch.table))


def add_rows(cursor: Cursor, batch: Batch) -> None:
    """Insert the rows of a batch that no unique key of its table refuses."""
    with _staged(cursor, batch) as (names, table, stage):
        cursor.execute(
            SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT DO NOTHING").format(
                table, names, names, stage
            )
        )


def apply_changes(cursor: Cursor, batch: Batch) -> None:
    """Update or delete the rows that a batch finds by its key; the latest change of each wins."""
    last = _latest(batch)
    with _staged(cursor, last) as (_, table, stage):
        cursor.execute(_change(last, table, stage))


@contextmanager
def _staged(cursor: Cursor, batch: Batch) -> Iterator[tuple[Composable, Composable, Composable]]:
    """Yield the names of a batch's columns, its table, and a passing table that holds its rows."""
    names = SQL(", ").join(map(Identifier, batch.columns))
    table, stage = Identifier(batch.table), Identifier(_STAGE)
    cursor.execute(
        SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            stage, names, table
        )
    )
    _copy(cursor, batch, stage)
    cursor.execute(SQL("ANALYZE {}").format(stage))
    yield names, table, stage
    cursor.execute(SQL("DROP TABLE {}").format(stage))


def _change(batch: Batch, table: Composable, stage: Composable) -> Composable:
    match = SQL(" AND ").join(
        SQL("kept.{0} = stage.{0}").format(Identifier(name)) for name in batch.key
    )
    if batch.operation == "delete":
        return SQL("DELETE FROM {} kept USING {} stage WHERE {}").format(table, stage, match)
    changes = SQL(", ").join(
        SQL("{0} = stage.{0}").format(Identifier(name))
        for name in batch.columns
        if name not in batch.key
    )
    return SQL("UPDATE {} kept SET {} FROM {} stage WHERE {}").format(table, changes, stage, match)


def _latest(batch: Batch) -> Batch:
    keys = zip(*(batch.columns[name] for name in batch.key), strict=True)
    last = {key: row for row, key in enumerate(keys)}
    return batch.take(np.fromiter(last.values(), dtype=np.int64, count=len(last)))


def _copy(cursor: Cursor, batch: Batch, table: Composable) -> None:
    columns = [_cells(values) for values in batch.columns.values()]
    lines = "\n".join(map("\t".join, zip(*columns, strict=True)))
    names = SQL(", ").join(map(Identifier, batch.columns))
    statement = SQL("COPY {} ({}) FROM STDIN").format(table, names)
    cursor.copy_expert(statement, StringIO(lines + "\n"))


def _cells(values: npt.NDArray[Any]) -> list[str]:
    if values.dtype.kind == "M":
        return [f"{moment}+00" for moment in np.datetime_as_string(values).tolist()]
    if values.dtype.kind != "O":
        return [str(value) for value in values.tolist()]
    cells = values.tolist()
    if set(map(type, cells)) <= {str, type(None)}:
        everything = "".join(value for value in cells if value)
        if not any(sign in everything for sign in "\\\t\n\r"):
            return [_NULL if value is None else value for value in cells]
    return [_cell(value) for value in cells]


def _cell(value: str | date | datetime | None) -> str:
    if value is None:
        return _NULL
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, datetime):
        return f"{value.isoformat()}+00"
    return value.isoformat()
