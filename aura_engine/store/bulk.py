"""Bulk load by COPY, the fastest way in; callers decide what one transaction holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.csv
from sqlalchemy import Connection, Engine, text

BATCH_ROWS: Final = 5_000
"""Rows of one committed batch; it keeps our write transactions well under a second."""
DELETED_AT_ONCE: Final = 20_000
"""Rows that one transaction deletes."""


def copy_frame(connection: Connection, table: str, frame: pd.DataFrame) -> int:
    """COPY a frame's columns into the columns of the same names.

    Parameters
    ----------
    connection : Connection
        Inside a transaction, which stays open.
    table : str
        Name of a table of ours; never user input.
    frame : DataFrame
        Missing values (None, NaN, NaT) become NULL.

    Returns
    -------
    int
        Rows written.
    """
    if frame.empty:
        return 0
    buffer = BytesIO()
    # Arrow quotes every text, so that an empty field is NULL and nothing else.
    pyarrow.csv.write_csv(
        pa.Table.from_pandas(frame, preserve_index=False),
        buffer,
        pyarrow.csv.WriteOptions(include_header=False),
    )
    buffer.seek(0)
    columns = ", ".join(f'"{column}"' for column in frame.columns)
    driver: Any = connection.connection.dbapi_connection
    with driver.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv, ENCODING 'UTF8')", buffer
        )
    return len(frame)


def stage_frame(
    connection: Connection, name: str, columns: Sequence[str], frame: pd.DataFrame
) -> None:
    """COPY a frame into a temporary table that lives until the transaction ends.

    Parameters
    ----------
    connection : Connection
        Inside a transaction.
    name : str
        Name of the temporary table; one left by this transaction is replaced.
    columns : sequence of str
        ``"name type"`` of each column, in the order of the frame's.
    frame : DataFrame
        What to stage.
    """
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS pg_temp.{name}")
    connection.exec_driver_sql(f"CREATE TEMP TABLE {name} ({', '.join(columns)}) ON COMMIT DROP")
    copy_frame(connection, name, frame)


def in_batches(frame: pd.DataFrame, rows: int = BATCH_ROWS) -> Iterator[pd.DataFrame]:
    """Cut a frame into consecutive pieces of at most `rows` rows."""
    for start in range(0, len(frame), rows):
        yield frame.iloc[start : start + rows]


def analyze(engine: Engine, *tables: str) -> None:
    """Refresh the planner's statistics after a bulk load, before any query plans by old ones."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in tables:
            connection.exec_driver_sql(f"ANALYZE {table}")


def delete_in_batches(engine: Engine, query: str, **parameters: object) -> int:
    """Delete batch by batch, so that no transaction of ours holds rows for long.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    query : str
        Deletes at most ``:batch`` rows.
    **parameters
        Of the query.

    Returns
    -------
    int
        How many rows are gone.
    """
    gone = 0
    while True:
        with engine.begin() as connection:
            batch = {**parameters, "batch": DELETED_AT_ONCE}
            rows = connection.execute(text(query), batch).rowcount
        gone += rows
        if rows < DELETED_AT_ONCE:
            return gone
