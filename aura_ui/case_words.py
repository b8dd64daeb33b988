"""What pages say of a case: where it stands, by when, what was done, what may come next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Final

from aura_engine.errors import AuraError, CaseConflict
from aura_engine.i18n import t
from aura_engine.pipeline.explanation import PersonExplained
from aura_engine.store.case_clock import deadline
from aura_engine.store.cases import CaseStage, CaseState, Priority
from aura_engine.working_hours import WorkingHours
from aura_ui.formats import NOTHING, ago, ahead, moment
from aura_ui.page import now

Case = Mapping[str, Any]
"""Of `aura_engine.store.reads.case_of` or `case_list`."""
SMALLEST_DROP: Final = 1.0
"""Points of ASI below which an indicator leads to no step of its own."""


def due(case: Case, working: WorkingHours) -> datetime | None:
    """Return by when a case must be acknowledged, before the clock has written it too."""
    if not case["waits"]:
        return None
    found: datetime | None = case["due_at"]
    return found or deadline(Priority(case["priority"]), case["waiting_since"], working)


def due_in_words(case: Case, working: WorkingHours, at: datetime, zone: tzinfo) -> str:
    """Say by when a case must be acknowledged; nothing where there is no deadline.

    Parameters
    ----------
    case : mapping
        The case.
    working : WorkingHours
        In which deadlines run.
    at : datetime
        The present.
    zone : tzinfo
        Of the reader.
    """
    when = due(case, working)
    if when is None:
        return ""
    if when <= at:
        return t("case.overdue", when=ago(when, at, zone))
    return t("case.due", when=ahead(when, at, zone))


def stage_in_words(case: Case) -> str:
    """Say how far the work on a case is."""
    stage = t(f"case_stage.{case['stage']}")
    if case["state"] == CaseState.TO_REVIEW and case["stage"] == CaseStage.WAITING:
        return t("case.to_review")
    return stage


def since_in_words(row: Case, at: datetime, zone: tzinfo) -> str:
    """Say since when, or until when, a case stands where it does.

    Parameters
    ----------
    row : mapping
        The case.
    at : datetime
        The present.
    zone : tzinfo
        Of the reader.
    """
    if row["stage"] == CaseStage.CLOSED:
        outcome = row["outcome"]
        ended = t(f"case_outcome.{outcome}") if outcome else NOTHING
        return f"{ended} · {ago(row['closed_at'], at, zone)}"
    if row["stage"] == CaseStage.SNOOZED:
        return t("case.until", when=moment(row["snoozed_until"], zone))
    if row["stage"] == CaseStage.ACTIVE:
        return t("case.since", when=ago(row["acknowledged_at"], at, zone))
    return t("case.waits_since", when=ago(row["waiting_since"], at, zone))


def status(case: Case, working: WorkingHours, at: datetime, zone: tzinfo) -> list[str]:
    """Say where a case stands, in parts: stage, deadline, who has it, since when.

    Parameters
    ----------
    case, working, at, zone
        As of `due_in_words`.
    """
    said = [stage_in_words(case)]
    if case["stage"] == CaseStage.CLOSED:
        if case["outcome"]:
            said.append(t(f"case_outcome.{case['outcome']}").lower())
        return [*said, moment(case["closed_at"], zone)]
    if case["stage"] == CaseStage.SNOOZED:
        said.append(t("case.until", when=moment(case["snoozed_until"], zone)))
    elif case["stage"] == CaseStage.ACTIVE:
        said.append(t("case.since", when=ago(case["acknowledged_at"], at, zone)))
    else:
        said.append(due_in_words(case, working, at, zone))
        said.append(t("case.waits_since", when=ago(case["waiting_since"], at, zone)))
    if case["escalation_level"] and case["waits"]:
        said.append(t("case.escalated"))
    holder = case["assignee"]
    said.append(t("case.of_nobody") if holder is None else t("case.of", who=holder))
    return [part for part in said if part]


def news_in_words(rows: Sequence[Mapping[str, Any]], zone: tzinfo) -> str:
    """Say what others did to a case, and how long ago.

    Parameters
    ----------
    rows : sequence of mapping
        As of `done_in_words`.
    zone : tzinfo
        Of the reader.
    """
    return "; ".join(f"{done_in_words(row, zone)} ({ago(row['at'], now(), zone)})" for row in rows)


def done_in_words(row: Mapping[str, Any], zone: tzinfo) -> str:
    """Say what was done to a case, by whom.

    Parameters
    ----------
    row : mapping
        Of `aura_engine.store.reads.case_timeline`.
    zone : tzinfo
        Of the reader.
    """
    action, detail = row["action"], row["detail"]
    if action == "asignado":
        return t("case.assigned", who=row["who"], to=row["to_whom"])
    if action == "cerrado" and detail:
        return t("case.closed", who=row["who"], outcome=t(f"case_outcome.{detail}").lower())
    if action == "pospuesto" and detail:
        until = moment(datetime.fromisoformat(detail), zone)
        return t("case.snoozed", who=row["who"], until=until)
    return t("case.did", who=row["who"], did=t(f"case_did.{action}"))


def refusal_in_words(error: AuraError, zone: tzinfo) -> str:
    """Say why nothing was saved, with the hour as the reader's clock shows it."""
    if isinstance(error, CaseConflict):
        return t("cases.conflict", who=error.who, did=error.did, when=moment(error.at, zone))
    return str(error)


def next_steps(case: Case, told: PersonExplained | None) -> list[str]:
    """Suggest what may come next, in careful words; nothing once a case is closed.

    Parameters
    ----------
    case : mapping
        The case.
    told : PersonExplained or None
        What explains the person's level; None where the account is gone.
    """
    if case["stage"] == CaseStage.CLOSED:
        return []
    if told is None or case["account_deleted_at"] is not None:
        return [t("case_steps.deleted")]
    steps = []
    if case["state"] == CaseState.TO_REVIEW:
        steps.append(t("case_steps.to_review"))
    steps.append(t(f"case_steps.{case['stage']}"))
    if told.person["stopped_showing"]:
        steps.append(t("case_steps.stopped_showing"))
    drops = {kpi.column: kpi.asi_drop or 0.0 for kpi in told.kpis}
    heaviest = max(drops, key=lambda column: drops[column], default=None)
    if heaviest is not None and drops[heaviest] >= SMALLEST_DROP:
        steps.append(t(f"case_steps.{heaviest}"))
    steps.append(t("case_steps.protocol"))
    return steps
