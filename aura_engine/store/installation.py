"""What an analytics database is for: the demo's and production's never mix."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Engine, text

from aura_engine.errors import StoreError
from aura_engine.i18n import t
from aura_engine.sql import load_queries
from aura_engine.store.failures import store_errors

_QUERIES: Final = load_queries("store_installation")
Kind = Literal["demo", "production"]


@dataclass(frozen=True, slots=True)
class Installation:
    """The mark of an analytics database."""

    kind: Kind
    install_id: str
    details: dict[str, Any]
    created_at: datetime


def read_installation(engine: Engine) -> Installation | None:
    """Return the mark; None before the first run."""
    with store_errors(), engine.connect() as connection:
        row = connection.execute(text(_QUERIES["installation"])).mappings().one_or_none()
    return None if row is None else Installation(**row)


def ensure_installation(
    engine: Engine, kind: Kind, details: dict[str, Any] | None = None
) -> Installation:
    """Mark a new database, or check the mark of one that is in use.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    kind : {'production', 'demo'}
        What the database is for.
    details : dict, optional
        What to keep with the mark of a new one.

    Raises
    ------
    StoreError
        If the database is marked for the other kind.
    """
    with store_errors(), engine.begin() as connection:
        connection.execute(
            text(_QUERIES["mark_installation"]),
            {"kind": kind, "details": json.dumps(details or {})},
        )
    installation = read_installation(engine)
    if installation is None:
        raise StoreError(t("store.other_kind", wanted=kind, found=None))
    require_kind(installation, kind)
    return installation


def require_kind(installation: Installation | None, kind: Kind) -> None:
    """Check that a database is for what it is used for; one without a mark may be for anything.

    Raises
    ------
    StoreError
        If it is marked for the other kind.
    """
    if installation is not None and installation.kind != kind:
        raise StoreError(t("store.other_kind", wanted=kind, found=installation.kind))
