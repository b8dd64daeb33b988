"""How much of what waits is for today: a portion that ends.

Whom the list of today holds, and in which order, `aura_engine.store.reads.first_waiting` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aura_engine.charts import DistributionChart
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.settings.capacity import DailyCapacity
from aura_engine.store.access import Role, Viewer
from aura_engine.store.reads import Colleague, Share, Waiting
from aura_ui.formats import whole


@dataclass(frozen=True, slots=True)
class Portion:
    """What a viewer's day holds, and how much of it is taken up since the day began.

    The list of today holds what is left of it, so that it ends: whoever is acknowledged, opened or
    closed today counts and makes room for nobody. Whatever the portion, who is overdue or escalated
    is shown to everyone, as many as a list holds, and the rest of them counted. A counselor's day
    is what they do themselves; where the team's capacity is set, whoever answers for the team sees
    the team's. The day is the reader's.

    Parameters
    ----------
    size : int
        People that the day holds.
    taken : int
        Of these, how many were taken up.
    """

    size: int
    taken: int = 0

    @property
    def left(self) -> int:
        """How many are still to take up."""
        return max(0, self.size - self.taken)


def capacity(viewer: Viewer, daily: DailyCapacity, colleagues: Sequence[Colleague]) -> int:
    """Return how many people a viewer's day holds: a counselor's share, or what is set.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    daily : DailyCapacity
        As the settings have it.
    colleagues : sequence of Colleague
        Who shares the team's.
    """
    if viewer.role is not Role.COUNSELOR:
        return daily.cases
    return daily.share(len(_counselors(colleagues)))


def is_of_team(viewer: Viewer, daily: DailyCapacity) -> bool:
    """Tell whether a viewer's day is the team's, to which all who act contribute."""
    return daily.is_of_team and viewer.role is not Role.COUNSELOR


def share_of(viewer: Viewer, colleagues: Sequence[Colleague]) -> Share:
    """Return with which part of what nobody has a viewer begins.

    Parameters
    ----------
    viewer : Viewer
        Who looks; who is no counselor with an account shares with nobody.
    colleagues : sequence of Colleague
        Who works with people; who sees none of the viewer's shares nothing with them.
    """
    names = _counselors([one for one in colleagues if one.shares])
    if viewer.name not in names:
        return Share()
    return Share(names.index(viewer.name), len(names))


def _counselors(colleagues: Sequence[Colleague]) -> list[str]:
    return sorted(
        one.name for one in colleagues if one.role is Role.COUNSELOR and not one.is_disabled
    )


def lead(counts: DistributionChart, waiting: Waiting, portion: Portion) -> str:
    """Say how many come first today, how many wait behind them, and of whom too little is known.

    Parameters
    ----------
    counts : DistributionChart
        People by level.
    waiting : Waiting
        Of `aura_engine.store.reads.first_waiting`.
    portion : Portion
        What the day holds.
    """
    high = counts.counts[RiskLevel.ALTO]
    shown = len(waiting.people)
    rest = waiting.total - shown
    told = {
        "shown": whole(shown),
        "rest": whole(rest),
        "stays": t("today.stays_one" if rest == 1 else "today.stays"),
    }
    if not waiting.total:
        said = t("today.lead_looked_after" if high.known else "today.lead_none")
    elif not shown:
        said = t("today.lead_done", **told)
    elif not portion.left:
        said = t("today.lead_late_one" if shown == 1 else "today.lead_late", **told)
    elif rest <= 0:
        said = t("today.lead_one_all" if shown == 1 else "today.lead_all", **told)
    else:
        said = t("today.lead_one" if shown == 1 else "today.lead", **told)
    if unknown := high.people - high.known:
        said += " " + t("today.lead_unknown", unknown=whole(unknown))
    return said


def rule(portion: Portion, share: Share) -> str:
    """Say how the list of today is made: how much of the day is left, and who comes first.

    Parameters
    ----------
    portion : Portion
        What the day holds.
    share : Share
        With which part of what nobody has the reader begins.
    """
    said = t("today.portion", size=whole(portion.size), taken=whole(portion.taken))
    return f"{said} {t('today.rule_shared' if share.of > 1 else 'today.rule')}"
