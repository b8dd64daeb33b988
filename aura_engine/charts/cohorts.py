"""People by cohort: what figures of groups show, in an order that tells nothing of hidden ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from aura_engine.domain import RiskLevel
from aura_engine.store.access import Viewer
from aura_engine.store.reads import Cohort, CohortDay, CohortKind, cohort_days, cohorts

MOST_LINES: Final = 6
"""Groups that are drawn over time; the table holds all."""


@dataclass(frozen=True, slots=True)
class CohortChart:
    """The groups of a breakdown.

    Parameters
    ----------
    kind : CohortKind
        By what people are grouped.
    cohorts : tuple of Cohort
        Age bands in their order, others the largest first; then hidden ones by name.
    """

    kind: CohortKind
    cohorts: tuple[Cohort, ...]

    @property
    def shown(self) -> tuple[Cohort, ...]:
        """Those that are not hidden."""
        return tuple(cohort for cohort in self.cohorts if cohort.hidden is None)


@dataclass(frozen=True, slots=True)
class CohortDaysChart:
    """The groups of a breakdown at each day's end, oldest first."""

    kind: CohortKind
    days: tuple[CohortDay, ...]

    def names(self) -> list[str | None]:
        """Return the groups that are told on any day, the largest of their last day first."""
        last = {
            cohort.name: (day.day, cohort.people)
            for day in self.days
            for cohort in day.cohorts
            if cohort.people is not None
        }
        return sorted(last, key=lambda name: (last[name][0], last[name][1]), reverse=True)

    def percent(self, name: str | None, level: RiskLevel) -> list[tuple[date, float | None]]:
        """Return a group's share of a level by day, 0-100; None where it is hidden."""
        found = []
        for day in self.days:
            cohort = next((one for one in day.cohorts if one.name == name), None)
            found.append((day.day, None if cohort is None else share(cohort, level)))
        return found


def share(cohort: Cohort, level: RiskLevel) -> float | None:
    """Return the share of a level in a group, 0-100; None where the group is hidden."""
    if cohort.people is None or cohort.levels is None:
        return None
    return 100 * cohort.levels[level] / cohort.people


def bin_share(cohort: Cohort, place: int) -> float | None:
    """Return the share of a bin of ASI in a group, 0-100; None where the group is hidden.

    Parameters
    ----------
    cohort : Cohort
        The group.
    place : int
        Of the bin in `aura_engine.store.reads.SEVERITY_BINS`.
    """
    if cohort.people is None or cohort.bins is None:
        return None
    return 100 * cohort.bins[place] / cohort.people


def cohort_chart(connection: Connection, viewer: Viewer, kind: CohortKind) -> CohortChart:
    """Build the levels of the groups of those in view.

    Parameters
    ----------
    connection : Connection
        Of `aura_engine.store.connect.reading`.
    viewer : Viewer
        Who looks.
    kind : CohortKind
        By what people are grouped.
    """
    found = cohorts(connection, viewer, kind)
    return CohortChart(kind, tuple(sorted(found, key=lambda cohort: _place(kind, cohort))))


def cohort_days_chart(
    connection: Connection, viewer: Viewer, kind: CohortKind, *, since: date
) -> CohortDaysChart:
    """Build the levels of the groups of everyone by day.

    Parameters
    ----------
    connection, viewer, kind
        As of `cohort_chart`.
    since : date
        The first day.
    """
    days = cohort_days(connection, viewer, kind, since=since)
    ordered = (
        CohortDay(day.day, tuple(sorted(day.cohorts, key=lambda one: _place(kind, one))))
        for day in days
    )
    return CohortDaysChart(kind, tuple(ordered))


def _place(kind: CohortKind, cohort: Cohort) -> tuple[bool, int, bool, str]:
    """Return where a group stands: hidden ones by their name, since their size is not told."""
    name = cohort.name or ""
    if kind is CohortKind.AGE_BAND:
        return (cohort.name is None, 0, not name.startswith("<"), name)
    return (cohort.people is None, -(cohort.people or 0), cohort.name is None, name)
