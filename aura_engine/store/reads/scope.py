"""Queries narrowed to the people whom a viewer may see, and rows without what they may not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import TextClause, text

from aura_engine.sql import load_queries
from aura_engine.store.access import Viewer

_FRAGMENTS: Final = ("visible", "severity_bin")


def scoped(file: str, query: str) -> TextClause:
    """Return a named query with ``{visible}``, which takes ``:scope``, and the like filled in."""
    sql = load_queries(file)[query]
    for name in _FRAGMENTS:
        sql = sql.replace(f"{{{name}}}", load_queries("store_reads")[name])
    return text(sql)


def without_identity(row: Mapping[Any, Any], viewer: Viewer) -> dict[str, Any]:
    """Return a row as this viewer may see it: root ids only for who may see identities."""
    record = dict(row)
    if not viewer.sees_identities:
        record.pop("user_id_raiz", None)
    return record
