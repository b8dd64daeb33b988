"""Cases for tests of the clock: opened by the transition function, moved by hand as pages will."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Engine, text

from aura_engine.domain import RiskLevel
from aura_engine.store.case_clock import Tick, tick
from aura_engine.store.cases import CaseState, open_cases
from aura_engine.working_hours import WorkingHours
from tests.integration.store.rows import a_model, generation, ids, publish, publish_rows

ZONE = ZoneInfo("America/Mexico_City")
OFFICE = WorkingHours(ZONE, frozenset(range(5)), ((8 * 60, 16 * 60),))


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March 2026, whose second day is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


MONDAY = local(2, 9)


def open_case(
    store: Engine,
    user: str,
    *,
    severity: float = 90.0,
    state: CaseState = CaseState.OPEN,
    at: datetime = MONDAY,
) -> int:
    entering = pd.DataFrame({"user_id_raiz": [user], "state": state, "severity_index": severity})
    with store.begin() as connection:
        run_id = connection.scalar(text("SELECT run_id FROM active_run"))
        open_cases(connection, entering, run_id=run_id, as_of=at)
        found = connection.scalar(
            text("SELECT id FROM risk_case WHERE user_id_raiz = :u AND state <> 'cerrado'"),
            {"u": user},
        )
    return int(found)


def change(store: Engine, case: int, assignments: str, **values: object) -> None:
    with store.begin() as connection:
        connection.execute(
            text(f"UPDATE risk_case SET {assignments} WHERE id = :case"),  # noqa: S608
            {"case": case, **values},
        )


def acknowledge(store: Engine, case: int, *, at: datetime) -> None:
    change(store, case, "acknowledged_at = :at, acknowledged_by = 'ana'", at=at)


def snooze(store: Engine, case: int, *, at: datetime, until: datetime, severity: float) -> None:
    acknowledge(store, case, at=at)
    change(
        store,
        case,
        "snoozed_at = :at, snoozed_until = :until, snoozed_severity = :severity",
        at=at,
        until=until,
        severity=severity,
    )


def case_row(store: Engine, case: int) -> dict[str, Any]:
    with store.connect() as connection:
        found = connection.execute(text("SELECT * FROM risk_case WHERE id = :c"), {"c": case})
        return dict(found.mappings().one())


def actions(store: Engine, case: int) -> list[str]:
    with store.connect() as connection:
        return list(
            connection.scalars(
                text("SELECT action FROM case_action WHERE case_id = :c ORDER BY id"), {"c": case}
            )
        )


def notices(store: Engine) -> list[dict[str, Any]]:
    with store.connect() as connection:
        found = connection.execute(text("SELECT * FROM case_notice ORDER BY id"))
        return [dict(row) for row in found.mappings()]


def channel_row(store: Engine, channel: str = "webhook") -> dict[str, Any]:
    with store.connect() as connection:
        found = connection.execute(
            text("SELECT * FROM notice_channel WHERE channel = :c"), {"c": channel}
        )
        return dict(found.mappings().one())


def see(store: Engine, severity: float, users: list[str]) -> None:
    """Let a new generation in which these people are in ALTO with this ASI be in view."""
    rows = generation(users, model_id=a_model(store), level=RiskLevel.ALTO)
    publish_rows(store, rows.assign(severity_index=severity))


def look(store: Engine, now: datetime, channels: tuple[str, ...] = ()) -> Tick:
    return tick(store, now=now, working=OFFICE, channels=channels)


def population(store: Engine, n: int) -> list[str]:
    users = ids(n)
    publish(store, users, level=RiskLevel.ALTO)
    return users
