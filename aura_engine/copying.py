"""Whole results by COPY: columns in pieces, without a Python object for each value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from io import BytesIO
from typing import Any, Final

import pandas as pd
import psycopg2
import pyarrow as pa
import pyarrow.csv
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from aura_engine.errors import UnreadableResult

PIECE_BYTES: Final = 2_000_000
"""About how much of a result is held at once."""
_TO_STDOUT: Final = b"\n) TO STDOUT (FORMAT csv, ENCODING 'UTF8')"
_MOMENT: Final = pa.timestamp("us", tz="UTC")
_TYPES: Final = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    25: pa.string(),
    700: pa.float32(),
    701: pa.float64(),
    1043: pa.string(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1184: _MOMENT,
}
"""Arrow's type for the number that the server has for each of its types."""


def copy_query(
    connection: Connection,
    query: str,
    parameters: Mapping[str, object],
    take: Callable[[pd.DataFrame], None],
) -> None:
    """Run a query and hand over its rows in pieces, the first of which may be empty.

    The server sends while the rows are taken, so that neither side holds a whole result. Times
    arrive in UTC whatever the session's zone is.

    Parameters
    ----------
    connection : Connection
        Where to ask, in a transaction that begins with this call or began before.
    query : str
        SQL with ``:names``.
    parameters : mapping
        Values of the names; others are ignored.
    take : callable
        Called with a frame that has the query's columns. What it raises ends the reading.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        If the server refuses.
    UnreadableResult
        If a value is of its column's type but beyond what the engine can hold.
    """
    connection.exec_driver_sql("SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'")
    statement = text(query).bindparams()
    named = {name: parameters[name] for name in statement.compile().params}
    # The query is one of our files'.
    empty = f"SELECT * FROM (\n{query}\n) AS described LIMIT 0"  # noqa: S608
    described = connection.execute(text(empty), named)
    description: Any = described.cursor.description
    types = {column.name: _TYPES[column.type_code] for column in description}
    described.close()
    compiled = statement.compile(dialect=connection.dialect)
    pieces = _Pieces(types, take)
    driver: Any = connection.connection.dbapi_connection
    try:
        with driver.cursor() as cursor:
            asked = cursor.mogrify(str(compiled), named)
            cursor.copy_expert(b"COPY (\n" + asked + _TO_STDOUT, pieces)
    except psycopg2.Error as error:
        raise DBAPIError.instance(None, None, error, psycopg2.Error) from error
    pieces.end()


class _Pieces:
    """What COPY writes to, a whole row at a time."""

    def __init__(
        self, types: Mapping[str, pa.DataType], take: Callable[[pd.DataFrame], None]
    ) -> None:
        self._types = types
        self._take = take
        self._rows: list[bytes] = []
        self._bytes = 0
        self._taken = False

    def write(self, row: bytes) -> None:
        self._rows.append(row)
        self._bytes += len(row)
        if self._bytes >= PIECE_BYTES:
            self._hand_over()

    def end(self) -> None:
        if self._rows or not self._taken:
            self._hand_over()

    def _hand_over(self) -> None:
        csv = BytesIO(b"".join(self._rows))
        self._rows, self._bytes, self._taken = [], 0, True
        if not csv.getbuffer().nbytes:
            self._take(pa.schema(list(self._types.items())).empty_table().to_pandas())
            return
        self._take(self._read(csv).to_pandas())

    def _read(self, csv: BytesIO) -> pa.Table:
        try:
            return self._parsed(csv)
        except pa.ArrowInvalid:
            # Arrow's own words hold the value, which may be a person's.
            raise UnreadableResult(", ".join(self._types)) from None

    def _parsed(self, csv: BytesIO) -> pa.Table:
        return pyarrow.csv.read_csv(
            csv,
            read_options=pyarrow.csv.ReadOptions(column_names=list(self._types), use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=self._types,
                null_values=[""],
                true_values=["t"],
                false_values=["f"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )


def read_few(
    connection: Connection, query: str, parameters: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """Run a query of few rows and return what `read_table` would, with one question to the server.

    Parameters
    ----------
    connection : Connection
        Where to ask.
    query : str
        SQL with ``:names``.
    parameters : mapping, optional
        Values of the names; others are ignored.
    """
    statement = text(query)
    named = {name: (parameters or {})[name] for name in statement.compile().params}
    result = connection.execute(statement, named)
    description: Any = result.cursor.description
    rows = result.all()
    arrays = []
    for place, column in enumerate(description):
        kind = _TYPES[column.type_code]
        values = [row[place] for row in rows]
        if kind == _MOMENT:
            values = [None if value is None else value.astimezone(UTC) for value in values]
        arrays.append(pa.array(values, type=kind))
    return pa.table(arrays, names=[column.name for column in description]).to_pandas()


def read_table(
    connection: Connection, query: str, parameters: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """Run a query and return its rows as one frame; see `copy_query`.

    Parameters
    ----------
    connection : Connection
        Where to ask.
    query : str
        SQL with ``:names``.
    parameters : mapping, optional
        Values of the names.
    """
    pieces: list[pd.DataFrame] = []
    copy_query(connection, query, parameters or {}, pieces.append)
    return pd.concat(pieces, ignore_index=True)
