"""What the page of today says: who comes first, and what changed since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import Any, Final

import streamlit as st

from aura_engine.charts import DistributionChart, TrendPoint, TrendsChart
from aura_engine.domain import RiskLevel
from aura_engine.ensemble import Reason
from aura_engine.i18n import t
from aura_engine.store.access import Viewer
from aura_engine.store.reads import CaseNumbers
from aura_engine.working_hours import WorkingHours
from aura_ui.case_words import due_in_words, since_in_words, stage_in_words
from aura_ui.formats import ago, moment, signed, whole
from aura_ui.people import CASES, Reasons, person_row, reasons_in_words

NUMBERS: Final = "numbers_seen"
"""In the session: the numbers of the cards as this visit to their page drew them last."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Today against the last run of an earlier day.

    Parameters
    ----------
    viewer : Viewer
        Who looks; what runs found is known in totals of everyone only.
    trends : TrendsChart
        Up to the run in view.
    before : TrendPoint or None
        What is compared with; None where there is nothing yet.
    at : datetime
        The present.
    zone : tzinfo
        Of the reader.
    """

    viewer: Viewer
    trends: TrendsChart
    before: TrendPoint | None
    at: datetime
    zone: tzinfo

    def of(self, level: RiskLevel, counts: DistributionChart) -> list[str]:
        """Return how a level's people changed, and of how many too little is known."""
        said = []
        count = counts.counts[level]
        if self.before is not None and self.viewer.communities is None:
            if self.before.model_version_id != self.trends.points[-1].model_version_id:
                said.append(t("today.another_model"))
            else:
                change = signed(count.people - self.before.distribution[level.value])
                said.append(self._since("today.since_yesterday", "today.since_moment", change))
        if count.insufficient:
            said.append(t("today.of_them_insufficient", count=whole(count.insufficient)))
        return said

    def title(self) -> str:
        """Return the heading of the list of those who entered ALTO."""
        return self._since("today.entered", "today.entered_since")

    def _since(self, yesterday: str, earlier: str, change: str = "") -> str:
        if self.before is None or self._is_yesterday(self.before.as_of):
            return t(yesterday, change=change)
        return t(earlier, change=change, when=moment(self.before.as_of, self.zone))

    def _is_yesterday(self, when: datetime) -> bool:
        today = self.at.astimezone(self.zone).date()
        return when.astimezone(self.zone).date() == today - timedelta(days=1)


def next_day(at: datetime, zone: tzinfo) -> datetime:
    """Return when the reader's day ends."""
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)


def case_cards(numbers: CaseNumbers) -> list[str]:
    """Return the cards of what waits and what is due.

    Parameters
    ----------
    numbers : CaseNumbers
        Of cases that the viewer may see.
    """
    waits = []
    if numbers.older_than_day:
        waits.append(t("today.older_than_day", count=whole(numbers.older_than_day)))
    if numbers.older_than_three_days:
        waits.append(t("today.older_than_three_days", count=whole(numbers.older_than_three_days)))
    if numbers.to_review:
        waits.append(t("today.to_review", count=whole(numbers.to_review)))
    late = [t("today.overdue", count=whole(numbers.overdue))] if numbers.overdue else []
    return [
        card(escape(t("today.unacknowledged")), numbers.unacknowledged, waits),
        card(escape(t("today.due_today")), numbers.due_today, late),
    ]


def my_cases(
    viewer: Viewer,
    numbers: CaseNumbers,
    rows: Sequence[dict[str, Any]],
    reasons: Reasons,
    clock: tuple[WorkingHours, datetime, tzinfo],
) -> None:
    """Draw what the viewer holds, with a way to all of it.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    numbers : CaseNumbers
        Of their cases.
    rows : sequence of dict
        The first of `aura_engine.store.reads.case_list`.
    reasons : mapping
        Of `aura_ui.people.reasons_of`.
    clock : tuple of WorkingHours, datetime, tzinfo
        When deadlines run, the present, and the reader's zone.
    """
    st.subheader(t("today.mine"), anchor=False)
    if not numbers.mine_open:
        st.caption(t("today.mine_none"))
    else:
        said = t(
            "today.mine_numbers",
            open=whole(numbers.mine_open),
            overdue=whole(numbers.mine_overdue),
            soon=whole(numbers.mine_due_soon),
        )
        st.caption(said)
    with st.container(gap=None):
        for row in rows:
            standing = (
                stage_in_words(row),
                due_in_words(row, *clock),
                since_in_words(row, *clock[1:]),
                reasons_in_words(reasons, row["pseudonym"], 1),
            )
            said = " · ".join(part for part in standing if part)
            if row["cluster_label"] is not None:
                person_row(viewer, row, why=said)
    st.page_link(CASES, label=t("today.mine_all"), icon=":material/assignment_ind:")


def first_rows(
    viewer: Viewer,
    rows: Sequence[dict[str, Any]],
    reasons: Reasons,
    clock: tuple[WorkingHours, datetime, tzinfo],
) -> None:
    """Draw whom nobody looks after yet: why, since when, by when somebody should, and whose it is.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    rows : sequence of dict
        Of `aura_engine.store.reads.first_waiting`.
    reasons : mapping
        Of `aura_ui.people.reasons_of`.
    clock : tuple of WorkingHours, datetime, tzinfo
        As of `my_cases`.
    """
    with st.container(gap=None):
        for row in rows:
            has_case, is_high = row["state"] is not None, row["cluster_label"] == RiskLevel.ALTO
            why = (
                t("today.not_high") if has_case and not is_high else "",
                reasons_in_words(reasons, row["pseudonym"]),
                *_standing(row, clock),
            )
            person_row(viewer, row, why=" · ".join(part for part in why if part))


def _standing(row: dict[str, Any], clock: tuple[WorkingHours, datetime, tzinfo]) -> list[str]:
    """Say by when somebody should look after a person, since when they wait, and whose they are."""
    _, at, zone = clock
    said = [due_in_words(row, *clock)]  # one that is over was escalated, as the person's page says
    if row["state"] is None:
        said.append(t("today.without_case"))
    else:
        since = ago(row["waiting_since"], at, zone)
        said.append(t("case.waits_since" if row["waits"] else "today.reviews_since", when=since))
    if row["is_mine"]:
        said.append(t("today.is_mine"))
    elif row["assignee"]:
        said.append(t("case.of", who=row["assignee"]))
    return said


def entered(changes: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """Return who entered ALTO, and how many more did of whom too little is known.

    Parameters
    ----------
    changes : sequence of dict
        Of `aura_engine.store.reads.level_changes`.
    """
    high = [row for row in changes if row["cluster_label"] == RiskLevel.ALTO]
    known = [row for row in high if row["had_evidence"]]
    return known, len(high) - len(known)


def change(row: dict[str, Any]) -> str:
    """Return how far the ASI moved by conduct; nothing where only the model moved it."""
    if row["previous_severity"] is None:
        return t("today.entered_new")
    if row["reason"] == Reason.MODEL:
        return ""
    return signed(row["severity_index"] - row["previous_severity"])


def why_entered(row: dict[str, Any], reasons: str) -> str:
    """Say why somebody entered: by conduct, by a new model, or both."""
    if row["reason"] == Reason.MODEL:
        return t("today.entered_by_model")
    if row["reason"] == Reason.BOTH:
        return " · ".join(filter(None, [t("today.entered_by_both"), reasons]))
    return reasons


def entered_rows(
    viewer: Viewer, rows: Sequence[dict[str, Any]], reasons: Reasons, zone: tzinfo
) -> None:
    """Draw those who entered ALTO.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    rows : sequence of dict
        Of `entered`.
    reasons : mapping
        Of `aura_ui.people.reasons_of`.
    zone : tzinfo
        Of the reader.
    """
    with st.container(gap=None):
        for row in rows:
            why = why_entered(row, reasons_in_words(reasons, row["pseudonym"]))
            person_row(viewer, row, why=why, change=change(row), when=moment(row["as_of"], zone))


def card(title: str, number: int, said: Sequence[str] = ()) -> str:
    """Return a card with a number, marked where it was another one when this visit drew it last.

    Parameters
    ----------
    title : str
        HTML.
    number : int
        In the middle.
    said : sequence of str
        Lines beneath.
    """
    lines = "<br>".join(escape(line) for line in said)
    mark = " changed" if _is_changed(title, number) else ""
    return (
        f'<div class="aura-card"><div>{title}</div><div class="number{mark}">{whole(number)}</div>'
        f'<div class="change">{lines}</div></div>'
    )


def _is_changed(title: str, number: int) -> bool:
    seen: dict[str, int] = st.session_state.setdefault(NUMBERS, {})
    former, seen[title] = seen.get(title), number
    return former is not None and former != number
