"""Rows of cases as the transition function opens and reopens them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection, Engine, text

from aura_engine.sql import load_queries
from aura_engine.store.bulk import stage_frame

_QUERIES: Final = load_queries("store_cases")
_CASE_COLUMNS: Final = ("user_id_raiz uuid", "state text", "severity_index double precision")


def open_cases(engine: Engine) -> set[str]:
    """Return the root ids of people whose case is open."""
    with engine.connect() as connection:
        return set(connection.scalars(text(_QUERIES["open_cases"])))


def recently_closed(engine: Engine, *, since: datetime) -> pd.Series:
    """Return the id of each person's last case if it was closed after `since`."""
    with engine.connect() as connection:
        frame = pd.read_sql(text(_QUERIES["recently_closed"]), connection, params={"since": since})
    return frame.set_index("user_id_raiz")["id"]


def create_cases(
    connection: Connection, cases: pd.DataFrame, *, run_id: int, as_of: datetime
) -> None:
    """Open cases in the caller's transaction.

    Parameters
    ----------
    connection : Connection
        Of the transaction that flips.
    cases : DataFrame
        Columns user_id_raiz, state (``por_revisar`` or ``abierto``), severity_index.
    run_id, as_of
        Who opens them, and when.
    """
    stage_frame(connection, "staged_case", _CASE_COLUMNS, cases)
    opened = connection.scalars(
        text(_QUERIES["insert_cases"]), {"as_of": as_of, "run_id": run_id}
    ).all()
    _note(connection, opened, "abierto", as_of)


def reopen_cases(connection: Connection, cases: Sequence[int], *, as_of: datetime) -> None:
    """Reopen cases in the caller's transaction."""
    reopened = connection.scalars(text(_QUERIES["reopen_cases"]), {"cases": list(cases)}).all()
    _note(connection, reopened, "reabierto", as_of)


def _note(connection: Connection, cases: Sequence[int], action: str, as_of: datetime) -> None:
    connection.execute(
        text(_QUERIES["note_action"]), {"cases": list(cases), "as_of": as_of, "action": action}
    )
