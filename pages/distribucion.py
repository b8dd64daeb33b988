"""Distribución: how many people are in each level, how the ASI spreads, and in which groups."""

from datetime import timedelta

import streamlit as st

from aura_engine.charts import (
    cohort_chart,
    cohort_days_chart,
    distribution_chart,
    severity_chart,
)
from aura_engine.charts.cohort_figures import severity_days_figure
from aura_engine.charts.figures import distribution_figure, severity_figure
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.store.reads import severity_days
from aura_ui import cohort_view, databases, theme
from aura_ui.failures import explained
from aura_ui.figures import show
from aura_ui.formats import NOTHING, percent, whole
from aura_ui.guard import require_role
from aura_ui.page import begin, end, now, require_results
from aura_ui.roles import EVERYONE
from aura_ui.tables import level_table, severity_days_table, severity_table

viewer = require_role(EVERYONE)

DAYS = timedelta(days=90)
kind = cohort_view.wanted()

with explained(), databases.page_reading() as connection:
    require_results(connection, viewer, t("distribution.title"))
    levels = distribution_chart(connection, viewer)
    severities = severity_chart(connection, viewer)
    first = (now() - DAYS).astimezone(databases.zone()).date()
    spreads = severity_days(connection, viewer, since=first)
    groups = cohort_chart(connection, viewer, kind)
    days = cohort_days_chart(connection, viewer, kind, since=first)

finding = (
    t(
        "distribution.finding",
        high=whole(levels.counts[RiskLevel.ALTO].people),
        total=whole(levels.total),
        percent=percent(levels.percent(RiskLevel.ALTO)),
    )
    if levels.total
    else t("distribution.finding_none")
)
begin(t("distribution.title"), finding)
show(
    distribution_figure(levels, theme.look()),
    level_table(levels),
    key="distribucion",
    finding=finding,
)
spread = t(
    "distribution.severity",
    mean=NOTHING if severities.mean is None else f"{severities.mean:.1f}",
    above=percent(severities.above_60_percent),
)
st.markdown(f"**{spread}**")
show(
    severity_figure(severities, theme.look()),
    severity_table(severities),
    key="asi",
    finding=spread,
)
st.caption(
    t(
        "distribution.note",
        total=whole(levels.total),
        insufficient=whole(levels.insufficient),
        stopped=whole(levels.stopped_showing),
    )
)
if spreads:
    st.markdown(f"**{t('cohorts.bins_over_time')}**")
    show(
        severity_days_figure(spreads, theme.look()),
        severity_days_table(spreads),
        key="asi-dias",
        finding=t("cohorts.bins_over_time"),
    )
st.subheader(t("cohorts.title"), anchor=False)
cohort_view.choose(kind)
cohort_view.draw(groups, days)
end()
