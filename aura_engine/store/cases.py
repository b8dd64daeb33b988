"""Rows of cases as the transition function opens and reopens them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import pandas as pd
from sqlalchemy import Connection, text

from aura_engine.sql import load_queries
from aura_engine.store.bulk import stage_frame

_QUERIES: Final = load_queries("store_cases")
_ENTERING_COLUMNS: Final = ("user_id_raiz uuid", "state text", "severity_index double precision")
REOPEN_WITHIN: Final = timedelta(days=14)
"""A case closed more recently than this is reopened rather than followed by a new one."""
ERASE_AFTER: Final = timedelta(days=30)
"""How long the open case of a deleted account keeps its pseudonym and notes."""


class CaseState(StrEnum):
    """State of a case."""

    TO_REVIEW = "por_revisar"
    OPEN = "abierto"
    CLOSED = "cerrado"


@dataclass(frozen=True, slots=True)
class CasesOpened:
    """How many cases were opened, and how many closed ones opened again."""

    opened: int
    reopened: int


def open_cases(
    connection: Connection, entering: pd.DataFrame, *, run_id: int, as_of: datetime
) -> CasesOpened:
    """Give everyone who enters ALTO an open case, in the caller's transaction.

    Whoever has an open one keeps it as it is; one closed less than `REOPEN_WITHIN` ago opens
    again. This is decided here and not earlier, since counselors open and close meanwhile.

    Parameters
    ----------
    connection : Connection
        Of the transaction that flips.
    entering : DataFrame
        Columns user_id_raiz, state (a `CaseState` that is not closed), severity_index.
    run_id, as_of
        Who opens them, and when.
    """
    if entering.empty:
        return CasesOpened(0, 0)
    stage_frame(connection, "staged_case", _ENTERING_COLUMNS, entering)
    # Whoever closes one of these cases right now is waited for, so that it can be reopened.
    connection.execute(text(_QUERIES["lock_cases"]))
    reopened = connection.scalars(
        text(_QUERIES["reopen_cases"]), {"since": as_of - REOPEN_WITHIN}
    ).all()
    opened = connection.scalars(
        text(_QUERIES["insert_cases"]), {"as_of": as_of, "run_id": run_id}
    ).all()
    _note(connection, reopened, "reabierto", as_of)
    _note(connection, opened, "abierto", as_of)
    return CasesOpened(len(opened), len(reopened))


def leave_cases(connection: Connection, people: Sequence[str], *, as_of: datetime) -> None:
    """Take the person out of the cases of deleted accounts, in the caller's transaction.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    people : sequence of str
        Root ids.
    as_of : datetime
        Moment of the run.
    """
    left = connection.scalars(
        text(_QUERIES["leave_cases"]), {"people": list(people), "as_of": as_of}
    ).all()
    _note(connection, left, "cuenta_eliminada", as_of)
    erase_cases(connection, as_of=as_of)


def erase_cases(connection: Connection, *, as_of: datetime) -> None:
    """Empty the cases of deleted accounts that are closed, or older than `ERASE_AFTER`.

    A row without pseudonym and notes stays, so that counts of what was done remain true.
    """
    erased = connection.scalars(
        text(_QUERIES["erase_cases"]), {"before": as_of - ERASE_AFTER, "as_of": as_of}
    ).all()
    if erased:
        connection.execute(text(_QUERIES["erase_notes"]), {"cases": list(erased)})


def _note(connection: Connection, cases: Sequence[int], action: str, as_of: datetime) -> None:
    connection.execute(
        text(_QUERIES["note_action"]), {"cases": list(cases), "as_of": as_of, "action": action}
    )
