"""The part of Distribución that tells levels by group of people, now and day by day."""

from __future__ import annotations

from typing import Final

import streamlit as st

from aura_engine.charts import CohortChart, CohortDaysChart
from aura_engine.charts.cohort_figures import (
    cohort_days_figure,
    cohort_figure,
    cohort_name,
    cohort_severity_figure,
)
from aura_engine.charts.cohorts import share
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.store.reads import FEWEST, CohortKind
from aura_ui import theme
from aura_ui.figures import show
from aura_ui.formats import percent, whole
from aura_ui.tables import cohort_days_table, cohort_severity_table, cohort_table

BY: Final = "por"
"""Query parameter of the grouping."""
_KINDS: Final = {
    "comunidad": CohortKind.CATEGORY,
    "edad": CohortKind.AGE_BAND,
    "region": CohortKind.REGION,
}


def wanted() -> CohortKind:
    """Return the grouping that the address asks for."""
    return _KINDS.get(st.query_params.get(BY, ""), CohortKind.CATEGORY)


def choose(kind: CohortKind) -> None:
    """Draw the groupings; the address follows.

    Parameters
    ----------
    kind : CohortKind
        What the address says.
    """
    names = {value: name for name, value in _KINDS.items()}
    chosen = st.segmented_control(
        t("cohorts.by"),
        list(_KINDS),
        format_func=lambda name: t(f"cohorts.{_KINDS[name]}"),
        default=names[kind],
        required=True,
        key="cohort_kind",
    )
    if chosen != names[kind]:
        st.query_params[BY] = chosen
        st.rerun()


def draw(now: CohortChart, days: CohortDaysChart) -> None:
    """Draw the groups as they are, and how they came to it.

    Parameters
    ----------
    now : CohortChart
        The groups of those in view.
    days : CohortDaysChart
        The groups of everyone by day.
    """
    said = finding(now)
    st.markdown(f"**{said}**")
    show(
        cohort_figure(now, theme.look()), cohort_table(now), key=f"grupos-{now.kind}", finding=said
    )
    notes = [t("cohorts.small", fewest=FEWEST)]
    if now.kind is CohortKind.CATEGORY:
        notes.append(t("cohorts.overlap"))
    st.caption(" ".join(notes))
    if now.shown:
        spread = t("cohorts.spread")
        st.markdown(f"**{spread}**")
        show(
            cohort_severity_figure(now, theme.look()),
            cohort_severity_table(now),
            key=f"asi-{now.kind}",
            finding=spread,
        )
    if not days.days:
        st.caption(t("cohorts.no_days"))
        return
    st.markdown(f"**{t('cohorts.over_time')}**")
    show(
        cohort_days_figure(days, theme.look()),
        cohort_days_table(days),
        key=f"grupos-{days.kind}-dias",
        finding=t("cohorts.over_time"),
    )
    st.caption(t("cohorts.everyone"))


def finding(chart: CohortChart) -> str:
    """Say in which group the largest share is in ALTO."""
    if not chart.shown:
        return t("cohorts.finding_none")
    most = max(chart.shown, key=lambda cohort: share(cohort, RiskLevel.ALTO) or 0.0)
    return t(
        "cohorts.finding",
        name=cohort_name(most.name),
        percent=percent(share(most, RiskLevel.ALTO)),
        people=whole(most.people or 0),
    )
