"""Named queries: SQL lives in ``sql/queries/*.sql`` and is loaded by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

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
