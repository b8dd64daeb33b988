"""Rows of cases as the transition function opens and reopens them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, text

from aura_engine.domain import URGENT_ASI
from aura_engine.sql import load_queries
from aura_engine.store.bulk import stage_frame

_QUERIES: Final = load_queries("store_cases")
_ENTERING_COLUMNS: Final = (
    "user_id_raiz uuid",
    "state text",
    "severity_index double precision",
    "priority text",
)
REOPEN_WITHIN: Final = timedelta(days=14)
"""A case closed more recently than this is reopened rather than followed by a new one."""
ERASE_AFTER: Final = timedelta(days=30)
"""How long the open case of a deleted account keeps its pseudonym and notes."""


class CaseState(StrEnum):
    """State of a case."""

    TO_REVIEW = "por_revisar"
    OPEN = "abierto"
    CLOSED = "cerrado"


class CaseStage(StrEnum):
    """How far the work on a case is; the order of a board's columns."""

    WAITING = "sin_reconocer"
    ACTIVE = "en_curso"
    SNOOZED = "pospuesto"
    CLOSED = "cerrado"


class Priority(StrEnum):
    """How soon somebody must acknowledge a case."""

    URGENT = "URGENTE"
    """Opened by behaviour with an ASI above `URGENT_ASI`, as its alert was."""
    HIGH = "ALTA"
    """Opened by behaviour."""
    NORMAL = "NORMAL"
    """To review: a first run or a new model opened it, and nobody's behaviour changed."""


@dataclass(frozen=True, slots=True)
class CasesOpened:
    """How many cases were opened, and how many closed ones opened again."""

    opened: int
    reopened: int


def open_cases(
    connection: Connection, entering: pd.DataFrame, *, run_id: int, as_of: datetime
) -> CasesOpened:
    """Give everyone who enters ALTO an open case, in the caller's transaction.

    Whoever has an open one keeps it as it is, but that whoever enters by what they do ends its
    being put off or to review. One closed less than `REOPEN_WITHIN` ago opens again. This is
    decided here and not earlier, since counselors open and close meanwhile.

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
    staged = entering.assign(priority=_priorities(entering))
    stage_frame(connection, "staged_case", _ENTERING_COLUMNS, staged)
    # Whoever closes one of these cases right now is waited for, so that it can be reopened.
    connection.execute(text(_QUERIES["lock_cases"]))
    reopened = connection.scalars(
        text(_QUERIES["reopen_cases"]), {"since": as_of - REOPEN_WITHIN, "as_of": as_of}
    ).all()
    woken = connection.scalars(text(_QUERIES["wake_cases"])).all()
    promoted = connection.scalars(text(_QUERIES["promote_cases"]), {"as_of": as_of}).all()
    inserted = connection.scalars(
        text(_QUERIES["insert_cases"]), {"as_of": as_of, "run_id": run_id}
    ).all()
    opened = [*promoted, *inserted]
    note_actions(connection, woken, "posposicion_interrumpida", at=as_of)
    note_actions(connection, reopened, "reabierto", at=as_of)
    note_actions(connection, opened, "abierto", at=as_of)
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
    note_actions(connection, left, "cuenta_eliminada", at=as_of)
    erase_cases(connection, as_of=as_of)


def erase_cases(connection: Connection, *, as_of: datetime) -> int:
    """Empty the cases of deleted accounts that are closed, or older than `ERASE_AFTER`.

    Returns how many. A row without pseudonym and notes stays, so that counts of what was done
    remain true.
    """
    erased = connection.scalars(
        text(_QUERIES["erase_cases"]), {"before": as_of - ERASE_AFTER, "as_of": as_of}
    ).all()
    if erased:
        connection.execute(text(_QUERIES["erase_notes"]), {"cases": list(erased)})
    return len(erased)


def note_actions(
    connection: Connection, cases: Sequence[int], action: str, *, at: datetime
) -> None:
    """Add what the system did to cases to what was done to them.

    Parameters
    ----------
    connection : Connection
        Of the transaction that does it.
    cases : sequence of int
        Ids.
    action : str
        What was done.
    at : datetime
        When.
    """
    connection.execute(
        text(_QUERIES["note_action"]), {"cases": list(cases), "as_of": at, "action": action}
    )


def _priorities(entering: pd.DataFrame) -> npt.NDArray[np.object_]:
    by_behaviour = (entering["state"] != CaseState.TO_REVIEW).to_numpy(dtype=bool)
    is_urgent = (entering["severity_index"] > URGENT_ASI).to_numpy(dtype=bool)
    chosen = [by_behaviour & is_urgent, by_behaviour]
    return np.select(chosen, [Priority.URGENT, Priority.HIGH], Priority.NORMAL).astype(object)
