"""Named queries: SQL lives in ``sql/queries/*.sql``, is loaded by name and read as frames."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd
from sqlalchemy import Connection, text

SQL_ROOT: Final = Path(__file__).resolve().parents[1] / "sql"
_NAME_LINE: Final = re.compile(r"^-- name: (\w+)[ \t]*$", re.MULTILINE)


@cache
def load_queries(file: str) -> Mapping[str, str]:
    """Load the named queries of one file.

    Parameters
    ----------
    file : str
        Name of the file under ``sql/queries`` without its ending.

    Returns
    -------
    Mapping[str, str]
        SQL text by query name, comments included, read-only.

    Raises
    ------
    ValueError
        If a name occurs twice or text stands before the first name.
    """
    source = (SQL_ROOT / "queries" / f"{file}.sql").read_text(encoding="utf-8")
    preamble, *parts = _NAME_LINE.split(source)
    if any(line.strip() and not line.startswith("--") for line in preamble.splitlines()):
        raise ValueError(f"{file}.sql: SQL before the first '-- name:' line")
    names, bodies = parts[0::2], parts[1::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{file}.sql: a query name occurs twice")
    return MappingProxyType(
        {name: body.strip().rstrip(";") for name, body in zip(names, bodies, strict=True)}
    )


def read_frame(
    connection: Connection, query: str, parameters: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """Run a query and return its rows, columns named as in the query.

    Values keep the driver's types; an empty result has the columns all the same. Unlike
    ``pandas.read_sql`` it leaves the database's errors as they are.

    Parameters
    ----------
    connection : Connection
        Where to ask.
    query : str
        SQL with ``:names``.
    parameters : mapping, optional
        Values of the names.
    """
    result = connection.execute(text(query), dict(parameters or {}))
    return pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))
