"""People by cohort (community category, age band, region) now and at each day's end.

Groups of few are hidden here, before anything is returned: see
`aura_engine.store.reads.suppression`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from aura_engine.domain import RiskLevel
from aura_engine.store.access import Viewer
from aura_engine.store.reads.charts import SEVERITY_BINS
from aura_engine.store.reads.scope import scoped
from aura_engine.store.reads.suppression import Hidden, hidden_groups

_FILE: Final = "store_cohorts"

Counts = dict[RiskLevel, int]
Bins = tuple[int, ...]


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
        None where the group is hidden; so are the three that follow.
    levels : dict or None
        People by level; all three are there.
    mean_severity : float or None
        Mean ASI, 0-100; also None at the end of a past day, of which it is not kept.
    bins : tuple of int or None
        People by bin of `aura_engine.store.reads.SEVERITY_BINS`.
    hidden : Hidden or None
        Why it is not told.
    """

    name: str | None
    people: int | None
    levels: Counts | None
    mean_severity: float | None
    bins: Bins | None
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


@dataclass(slots=True)
class _Tally:
    """What is counted of a group."""

    levels: Counts = field(default_factory=lambda: dict.fromkeys(RiskLevel, 0))
    bins: list[int] = field(default_factory=lambda: [0] * len(SEVERITY_BINS))
    severity: float = 0.0

    @property
    def people(self) -> int:
        return sum(self.levels.values())

    def add(self, bins: Sequence[int]) -> None:
        self.bins = [sum(pair) for pair in zip(self.bins, bins, strict=True)]


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
    groups = _groups()
    for row in connection.execute(scoped(_FILE, kind), {"scope": viewer.scope()}):
        group = groups[row.cohort]
        group.levels[RiskLevel(row.cluster_label)] += row.people
        group.bins[row.bin] += row.people
        group.severity += row.severity
    means = {name: group.severity / group.people for name, group in groups.items()}
    return _told(groups, hidden_groups(_sizes(groups)), means)


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
    days: defaultdict[date, defaultdict[str | None, _Tally]] = defaultdict(_groups)
    everyone: defaultdict[date, _Tally] = defaultdict(_Tally)
    asked = {"since": since, "kind": kind.value}
    for row in connection.execute(scoped(_FILE, "days"), asked):
        group = everyone[row.day] if row.is_everyone else days[row.day][row.cohort]
        group.levels[RiskLevel(row.cluster_label)] += row.people
        group.add(_by_twenty(row.severity_bins))
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
    days: defaultdict[date, _Tally] = defaultdict(_Tally)
    for row in connection.execute(scoped(_FILE, "severity_days"), {"since": since}):
        days[row.day].add(_by_twenty(row.severity_bins))
    return [SeverityDay(day, tuple(found.bins)) for day, found in days.items()]


def _by_twenty(tens: Sequence[int]) -> list[int]:
    return [sum(tens[at : at + 2]) for at in range(0, 10, 2)]


def _sizes(groups: Mapping[str | None, _Tally]) -> dict[str | None, int]:
    return {name: group.people for name, group in groups.items()}


def _told(
    groups: Mapping[str | None, _Tally],
    hidden: Mapping[str | None, Hidden],
    means: Mapping[str | None, float] | None = None,
) -> list[Cohort]:
    return [
        Cohort(name, None, None, None, None, hidden[name])
        if name in hidden
        else Cohort(
            name,
            group.people,
            group.levels,
            None if means is None else means[name],
            tuple(group.bins),
            None,
        )
        for name, group in groups.items()
    ]


def _rest(everyone: _Tally, groups: Mapping[str | None, _Tally]) -> dict[str | None, _Tally]:
    """Return those who are in no group: whoever knows the total could else work them out."""
    rest = _Tally(
        {
            level: max(0, people - sum(group.levels[level] for group in groups.values()))
            for level, people in everyone.levels.items()
        },
        [
            max(0, people - sum(group.bins[place] for group in groups.values()))
            for place, people in enumerate(everyone.bins)
        ],
    )
    return {None: rest} if rest.people else {}


def _groups() -> defaultdict[str | None, _Tally]:
    return defaultdict(_Tally)
