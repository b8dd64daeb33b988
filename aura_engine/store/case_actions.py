"""What counselors do to cases: acknowledge, assign, note, put off, close.

Each action names the case and the version of it that its author saw. Once somebody else has
acted, it is refused with who did what and when, and changes nothing. What is done is one row of
``case_action`` in the transaction that does it. On a closed case only a note is written: it is a
fact that somebody knows, and opens nothing again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, text

from aura_engine.errors import AccessDenied, AuraError, CaseConflict, CaseRefused
from aura_engine.i18n import t
from aura_engine.sql import load_queries
from aura_engine.store.access import Viewer
from aura_engine.store.actors import actor_label
from aura_engine.store.cases import REOPEN_WITHIN, CaseState
from aura_engine.store.failures import store_errors
from aura_engine.store.reads.scope import scoped

_FILE: Final = "store_case_actions"
_QUERIES: Final = load_queries(_FILE)
LONGEST_NOTE: Final = 2_000
"""Characters."""
LONGEST_SNOOZE: Final = timedelta(days=30)
"""Nobody is put off longer without being looked at again."""


class Action(StrEnum):
    """What people do to a case, as its history keeps it."""

    ACKNOWLEDGED = "reconocido"
    ASSIGNED = "asignado"
    NOTED = "nota"
    SNOOZED = "pospuesto"
    RESUMED = "retomado"
    OPENED = "abierto"
    REOPENED = "reabierto"
    CLOSED = "cerrado"


class Outcome(StrEnum):
    """How a case ended."""

    ATTENDED = "atendido"
    REFERRED = "derivado"
    ACCOMPANIED = "ya_acompanado"
    """Somebody else looks after the person already."""
    UNREACHABLE = "no_localizable"
    FALSE_POSITIVE = "falso_positivo"
    OTHER = "otro"


EXPLAINED: Final = frozenset({Outcome.FALSE_POSITIVE, Outcome.OTHER})
"""Outcomes that say nothing without a note."""


@dataclass(frozen=True, slots=True)
class CaseRef:
    """A case as somebody saw it: its id, and the version that they looked at."""

    id: int
    version: int


@dataclass(frozen=True, slots=True)
class Together:
    """What became of several cases: ids of those that changed, and why the others did not."""

    done: tuple[int, ...] = ()
    refused: dict[int, AuraError] = field(default_factory=dict)


def acknowledge(engine: Engine, viewer: Viewer, case: CaseRef, *, at: datetime) -> int:
    """Say that somebody looks after a case; who does so takes it, if nobody has it.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    viewer : Viewer
        Who acts.
    case : CaseRef
        As they saw it.
    at : datetime
        The moment.

    Returns
    -------
    int
        The case's version from now on.

    Raises
    ------
    AccessDenied
        If the viewer's role does not work on cases.
    CaseConflict
        If somebody else acted on the case meanwhile.
    CaseRefused
        If there is no such case in the viewer's sight, or the action does not fit its state.
    StoreError
        If the analytics database does not answer.
    """

    def check(_connection: Connection, row: Row[Any]) -> None:
        _require(row.acknowledged_at is None, t("cases.acknowledged_already"))

    return _act(engine, viewer, case, Action.ACKNOWLEDGED, "acknowledge", check, at=at)


def assign(engine: Engine, viewer: Viewer, case: CaseRef, assignee: str, *, at: datetime) -> int:
    """Give a case to somebody who works with people and may see this one.

    Parameters
    ----------
    engine, viewer, case, at
        As of `acknowledge`; so are what is returned and raised.
    assignee : str
        Name of an account (``user:7``), or the viewer's own.
    """

    def check(connection: Connection, row: Row[Any]) -> None:
        _require(row.assigned_to != assignee, t("cases.assigned_already"))
        if assignee != viewer.name:
            asked = {"assignee": assignee, "user_id": row.user_id_raiz}
            may = connection.scalar(text(_QUERIES["may_take"]), asked)
            _require(bool(may), t("cases.assignee_unfit"))

    return _act(
        engine,
        viewer,
        case,
        Action.ASSIGNED,
        "assign",
        check,
        at=at,
        detail=assignee,
        assignee=assignee,
    )


def add_note(engine: Engine, viewer: Viewer, case: CaseRef, note: str, *, at: datetime) -> int:
    """Write a note on a case, which may be closed and stays so then.

    Parameters
    ----------
    engine, viewer, case, at
        As of `acknowledge`; so are what is returned and raised.
    note : str
        What to keep; not blank.
    """
    said = _note(note)
    _require(said is not None, t("cases.note_missing"))
    return _act(engine, viewer, case, Action.NOTED, "note", at=at, note=said, may_be_closed=True)


def snooze(
    engine: Engine, viewer: Viewer, case: CaseRef, *, until: datetime, reason: str, at: datetime
) -> int:
    """Put a case off until a moment; it comes back earlier if the ASI rises meanwhile.

    Parameters
    ----------
    engine, viewer, case, at
        As of `acknowledge`; so are what is returned and raised.
    until : datetime
        When it comes back, at most `LONGEST_SNOOZE` from now.
    reason : str
        Why it may wait; not blank.
    """
    said = _note(reason)
    _require(said is not None, t("cases.reason_missing"))
    _require(at < until <= at + LONGEST_SNOOZE, t("cases.until_range", days=LONGEST_SNOOZE.days))

    def check(_connection: Connection, row: Row[Any]) -> None:
        _require(row.acknowledged_at is not None, t("cases.snooze_unacknowledged"))
        _require(row.snoozed_until is None, t("cases.snoozed_already"))

    return _act(
        engine,
        viewer,
        case,
        Action.SNOOZED,
        "snooze",
        check,
        at=at,
        note=said,
        detail=until.astimezone(UTC).isoformat(),
        until=until,
    )


def unsnooze(engine: Engine, viewer: Viewer, case: CaseRef, *, at: datetime) -> int:
    """Take a case up again before its time; it stays acknowledged.

    Parameters
    ----------
    engine, viewer, case, at
        As of `acknowledge`; so are what is returned and raised.
    """

    def check(_connection: Connection, row: Row[Any]) -> None:
        _require(row.snoozed_until is not None, t("cases.not_snoozed"))

    return _act(engine, viewer, case, Action.RESUMED, "unsnooze", check, at=at)


def close(
    engine: Engine,
    viewer: Viewer,
    case: CaseRef,
    outcome: Outcome,
    note: str = "",
    *,
    at: datetime,
) -> int:
    """End a case; whoever ends one that nobody acknowledged has acknowledged it by that.

    Parameters
    ----------
    engine, viewer, case, at
        As of `acknowledge`; so are what is returned and raised.
    outcome : Outcome
        How it ended.
    note : str
        What to keep; needed for the outcomes of `EXPLAINED`.
    """
    said = _note(note)
    _require(said is not None or outcome not in EXPLAINED, t("cases.outcome_note_missing"))
    return _act(
        engine,
        viewer,
        case,
        Action.CLOSED,
        "close",
        at=at,
        note=said,
        detail=outcome.value,
        outcome=outcome.value,
    )


def open_case(engine: Engine, viewer: Viewer, pseudonym: str, *, at: datetime) -> int:
    """Take somebody up who has no open case, whatever their level; who does so looks after them.

    Their last case opens again if it was closed less than `REOPEN_WITHIN` ago.

    Parameters
    ----------
    engine, viewer, at
        As of `acknowledge`.
    pseudonym : str
        Whom.

    Returns
    -------
    int
        The case's id.

    Raises
    ------
    CaseRefused
        If nobody in the viewer's sight is called so, or they have an open case.
    """
    viewer.require_acting()
    told = {"at": at, "actor": viewer.name, "closed_since": at - REOPEN_WITHIN}
    with store_errors(), engine.begin() as connection:
        asked = {"pseudonym": pseudonym, "scope": viewer.scope()}
        person = connection.execute(scoped(_FILE, "person"), asked).one_or_none()
        if person is None:
            raise CaseRefused(t("cases.nobody"))
        of = {**told, "user_id": person.user_id_raiz, "severity": person.severity_index}
        action = Action.REOPENED
        case = connection.scalar(text(_QUERIES["reopen"]), of)
        if case is None:
            action = Action.OPENED
            case = connection.scalar(text(_QUERIES["open"]), {**of, "pseudonym": pseudonym})
        _require(case is not None, t("cases.open_already"))
        noted = {**told, "case": case, "action": action.value, "note": None, "detail": None}
        connection.execute(text(_QUERIES["record"]), noted)
    return int(case)


def acknowledge_all(
    engine: Engine, viewer: Viewer, cases: Sequence[CaseRef], *, at: datetime
) -> Together:
    """Acknowledge several cases, each for itself: one that is refused keeps none of the others.

    Parameters
    ----------
    engine, viewer, at
        As of `acknowledge`.
    cases : sequence of CaseRef
        As they were seen.

    Raises
    ------
    AccessDenied
        If the viewer's role does not work on cases.
    """
    return _together(viewer, cases, lambda case: acknowledge(engine, viewer, case, at=at))


def assign_all(
    engine: Engine, viewer: Viewer, cases: Sequence[CaseRef], assignee: str, *, at: datetime
) -> Together:
    """Give several cases to somebody, each for itself.

    Parameters
    ----------
    engine, viewer, cases, at
        As of `acknowledge_all`.
    assignee : str
        As of `assign`.
    """
    return _together(viewer, cases, lambda case: assign(engine, viewer, case, assignee, at=at))


def _together(viewer: Viewer, cases: Sequence[CaseRef], act: Callable[[CaseRef], int]) -> Together:
    viewer.require_acting()
    done: list[int] = []
    refused: dict[int, AuraError] = {}
    for case in cases:
        try:
            act(case)
        except AccessDenied:
            raise
        except AuraError as error:
            refused[case.id] = error
        else:
            done.append(case.id)
    return Together(tuple(done), refused)


def _nothing_more(_connection: Connection, _row: Row[Any]) -> None:
    """Let an action be done to a case whatever its state."""


def _act(
    engine: Engine,
    viewer: Viewer,
    case: CaseRef,
    action: Action,
    query: str,
    check: Callable[[Connection, Row[Any]], None] = _nothing_more,
    *,
    at: datetime,
    note: str | None = None,
    detail: str | None = None,
    may_be_closed: bool = False,
    **values: object,
) -> int:
    """Do one thing to a case that is still as its author saw it, and note it."""
    viewer.require_acting()
    if at.tzinfo is None:
        raise ValueError("an action needs a zone-aware moment")
    with store_errors(), engine.begin() as connection:
        asked = {"case": case.id, "scope": viewer.scope()}
        row = connection.execute(scoped(_FILE, "lock"), asked).one_or_none()
        if row is None:
            raise CaseRefused(t("cases.unknown"))
        if row.version != case.version:
            raise _conflict(connection, case.id)
        _require(may_be_closed or row.state != CaseState.CLOSED, t("cases.closed_already"))
        check(connection, row)
        told = {"case": case.id, "at": at, "actor": viewer.name}
        version = connection.execute(
            text(_QUERIES[query]), {**told, "severity": row.severity_index, **values}
        ).scalar_one()
        noted = {**told, "action": action.value, "note": note, "detail": detail}
        connection.execute(text(_QUERIES["record"]), noted)
    return int(version)


def _conflict(connection: Connection, case_id: int) -> CaseConflict:
    last = connection.execute(text(_QUERIES["last_change"]), {"case": case_id}).one()
    who, did = actor_label(last.actor, last.email), t(f"case_did.{last.action}")
    when = f"{last.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return CaseConflict(
        t("cases.conflict", who=who, did=did, when=when), who=who, did=did, at=last.at
    )


def _note(said: str) -> str | None:
    """Return what a note says, without blanks around it; None where it says nothing."""
    stripped = said.strip().replace("\x00", "")
    _require(len(stripped) <= LONGEST_NOTE, t("cases.note_long", most=LONGEST_NOTE))
    return stripped or None


def _require(fits: bool, otherwise: str) -> None:
    if not fits:
        raise CaseRefused(otherwise)
