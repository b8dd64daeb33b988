"""How groups of people behave on the mean: levels, or K-Means' clusters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from aura_engine.charts.palette import LEVEL_ORDER
from aura_engine.domain import KPI_COLUMNS
from aura_engine.store.access import Viewer
from aura_engine.store.reads import FEWEST, Hidden, level_profiles
from aura_engine.store.reads.suppression import hidden_groups

_CLUSTER: Final = "cluster_"
"""With which a run names its clusters."""
_SMALLEST_RADIUS: Final = 0.25


class ProfileBy(StrEnum):
    """By what people are grouped."""

    LEVEL = "level"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Profile:
    """One group.

    Parameters
    ----------
    name : str
        A level, or the number of a cluster.
    people : int or None
        None where the group is hidden; so are the means.
    means : tuple of float or None
        Of the scaled KPIs (0-1), in the order of ``KPI_COLUMNS``.
    is_risk : bool
        Whether it is the cluster that votes for risk.
    hidden : Hidden or None
        Why it is not told.
    """

    name: str
    people: int | None
    means: tuple[float, ...] | None
    is_risk: bool = False
    hidden: Hidden | None = None


@dataclass(frozen=True, slots=True)
class ProfilesChart:
    """The groups that hold somebody: levels worst first, clusters by number."""

    by: ProfileBy
    groups: tuple[Profile, ...]

    @property
    def told(self) -> tuple[Profile, ...]:
        """The groups that are not hidden."""
        return tuple(group for group in self.groups if group.means is not None)

    @property
    def radius(self) -> float:
        """Where a radar ends: the quarter that holds the largest mean."""
        largest = max((max(group.means or ()) for group in self.told), default=1.0)
        return max(_SMALLEST_RADIUS, math.ceil(4 * largest) / 4)


def level_profiles_chart(connection: Connection, viewer: Viewer) -> ProfilesChart:
    """Build the profiles of the levels, of the people whom the viewer may see.

    How many people a level holds is told in many places; what is hidden here is how few behave.

    Parameters
    ----------
    connection : Connection
        Of `aura_engine.store.connect.reading`.
    viewer : Viewer
        Who looks.
    """
    found = level_profiles(connection, viewer)
    sizes = {
        level: int(found.loc[level, "people"]) for level in LEVEL_ORDER if level in found.index
    }
    hidden = {level: Hidden.SMALL for level, people in sizes.items() if people < FEWEST}
    groups = [
        _profile(level.value, people, list(found.loc[level, list(KPI_COLUMNS)]), hidden.get(level))
        for level, people in sizes.items()
    ]
    return ProfilesChart(ProfileBy.LEVEL, tuple(groups))


def cluster_profiles_chart(profiles: Mapping[str, Mapping[str, Any]]) -> ProfilesChart:
    """Build the profiles of K-Means' clusters, of everyone, as a run froze them.

    Parameters
    ----------
    profiles : mapping
        Of a run's results: by cluster the means, ``count`` and ``is_risk_cluster``.
    """
    numbered = {int(name.removeprefix(_CLUSTER)): found for name, found in profiles.items()}
    sizes = {number: int(found["count"]) for number, found in numbered.items()}
    hidden = hidden_groups(sizes)
    groups = [
        _profile(
            str(number),
            sizes[number],
            [found[column] for column in KPI_COLUMNS],
            hidden.get(number),
            is_risk=bool(found["is_risk_cluster"]),
        )
        for number, found in sorted(numbered.items())
    ]
    return ProfilesChart(ProfileBy.CLUSTER, tuple(groups))


def _profile(
    name: str,
    people: int,
    means: Sequence[float],
    hidden: Hidden | None,
    *,
    is_risk: bool = False,
) -> Profile:
    if hidden is not None:
        return Profile(name, None, None, is_risk, hidden)
    return Profile(name, people, tuple(float(mean) for mean in means), is_risk)
