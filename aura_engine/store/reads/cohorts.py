"""People by cohort (community category, age band, region) now and at each day's end.

Groups of few are hidden here, before anything is returned: see
`aura_engine.store.reads.suppression`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from aura_engine.domain import RiskLevel
from aura_engine.store.access import Viewer
from aura_engine.store.reads.scope import scoped
from aura_engine.store.reads.suppression import Hidden, hidden_groups

_FILE: Final = "store_cohorts"

Counts = dict[RiskLevel, int]


class CohortKind(StrEnum):
    """By what people are grouped."""

    CATEGORY = "category"
    """Of their communities; somebody may be in several groups, or in none."""
    AGE_BAND = "age_band"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Cohort:
    """One group.

    Parameters
    ----------
    name : str or None
        None for those of whom it is not known.
    people : int or None
        None where the group is hidden; so are levels and mean_severity.
    levels : dict or None
        People by level; all three are there.
    mean_severity : float or None
        Mean ASI, 0-100; also None at the end of a past day, of which it is not kept.
    hidden : Hidden or None
        Why it is not told.
    """

    name: str | None
    people: int | None
    levels: Counts | None
    mean_severity: float | None
    hidden: Hidden | None


@dataclass(frozen=True, slots=True)
class CohortDay:
    """The groups as they were at the end of a day."""

    day: date
    cohorts: tuple[Cohort, ...]


@dataclass(frozen=True, slots=True)
class SeverityDay:
    """How the ASI of everyone spread at the end of a day.

    Parameters
    ----------
    day : date
        The day.
    people : tuple of int
        By bin of `aura_engine.store.reads.SEVERITY_BINS`.
    """

    day: date
    people: tuple[int, ...]


def cohorts(connection: Connection, viewer: Viewer, kind: CohortKind) -> list[Cohort]:
    """Return the groups of those whom the viewer may see, in no order, the small ones hidden.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    kind : CohortKind
        By what people are grouped.
    """
    viewer.require_aggregates()
    counts: defaultdict[str | None, Counts] = defaultdict(_none)
    severity: defaultdict[str | None, float] = defaultdict(float)
    for row in connection.execute(scoped(_FILE, kind), {"scope": viewer.scope()}):
        counts[row.cohort][RiskLevel(row.cluster_label)] += row.people
        severity[row.cohort] += row.severity
    return _told(counts, hidden_groups(_sizes(counts)), severity)


def cohort_days(
    connection: Connection, viewer: Viewer, kind: CohortKind, *, since: date
) -> list[CohortDay]:
    """Return the groups at the end of each recorded day, oldest first, the small ones hidden.

    On a day that hides any group, all that are hidden on some day are.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads; totals of everyone, whatever the scope.
    kind : CohortKind
        By what people are grouped.
    since : date
        The first day.
    """
    viewer.require_aggregates()
    days: defaultdict[date, defaultdict[str | None, Counts]] = defaultdict(_groups)
    everyone: defaultdict[date, Counts] = defaultdict(_none)
    asked = {"since": since, "kind": kind.value}
    for row in connection.execute(scoped(_FILE, "days"), asked):
        level = RiskLevel(row.cluster_label)
        if row.is_everyone:
            everyone[row.day][level] += row.people
        else:
            days[row.day][row.cohort][level] += row.people
    if kind is not CohortKind.CATEGORY:
        for day, groups in days.items():
            groups.update(_rest(everyone[day], groups))
    hidden = {day: hidden_groups(_sizes(groups)) for day, groups in days.items()}
    # Sizes change little from day to day: what hides a small one on one day does so on all.
    ever = {name for names in hidden.values() for name in names}
    for day, names in hidden.items():
        if names:
            names |= dict.fromkeys(ever & days[day].keys() - names.keys(), Hidden.BESIDE)
    return [CohortDay(day, tuple(_told(groups, hidden[day]))) for day, groups in days.items()]


def severity_days(connection: Connection, viewer: Viewer, *, since: date) -> list[SeverityDay]:
    """Return how the ASI of everyone spread at the end of each recorded day, oldest first.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads; totals of everyone, whatever the scope.
    since : date
        The first day.
    """
    viewer.require_aggregates()
    tens: defaultdict[date, list[int]] = defaultdict(lambda: [0] * 10)
    for row in connection.execute(scoped(_FILE, "severity_days"), {"since": since}):
        tens[row.day] = [sum(pair) for pair in zip(tens[row.day], row.severity_bins, strict=True)]
    return [
        SeverityDay(day, tuple(sum(found[at : at + 2]) for at in range(0, 10, 2)))
        for day, found in tens.items()
    ]


def _sizes(counts: Mapping[str | None, Counts]) -> dict[str | None, int]:
    return {name: sum(levels.values()) for name, levels in counts.items()}


def _told(
    counts: Mapping[str | None, Counts],
    hidden: Mapping[str | None, Hidden],
    severity: Mapping[str | None, float] | None = None,
) -> list[Cohort]:
    sizes = _sizes(counts)
    return [
        Cohort(name, None, None, None, hidden[name])
        if name in hidden
        else Cohort(
            name,
            sizes[name],
            levels,
            None if severity is None else severity[name] / sizes[name],
            None,
        )
        for name, levels in counts.items()
    ]


def _rest(everyone: Counts, groups: Mapping[str | None, Counts]) -> dict[str | None, Counts]:
    """Return those who are in no group: whoever knows the total could else work them out."""
    rest = {
        level: max(0, people - sum(levels[level] for levels in groups.values()))
        for level, people in everyone.items()
    }
    return {None: rest} if sum(rest.values()) else {}


def _none() -> Counts:
    return dict.fromkeys(RiskLevel, 0)


def _groups() -> defaultdict[str | None, Counts]:
    return defaultdict(_none)
