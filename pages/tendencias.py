"""Tendencias: what the runs of a span found."""

from datetime import timedelta

import streamlit as st

from aura_engine.charts import trends_chart
from aura_engine.charts.figures import levels_figure, trends_figure
from aura_engine.i18n import t
from aura_ui import databases, theme
from aura_ui.failures import explained
from aura_ui.figures import show
from aura_ui.guard import require_role
from aura_ui.page import begin, end, now, require_results
from aura_ui.roles import EVERYONE
from aura_ui.tables import trend_table

viewer = require_role(EVERYONE)

SPANS = {24: "trends.hours_24", 168: "trends.days_7", 336: "trends.days_14", 720: "trends.days_30"}

with explained():
    hours = st.session_state.get("trend_hours") or 336
    with databases.page_reading() as connection:
        require_results(connection, viewer, t("trends.title"))
        until = now()
        trends = trends_chart(connection, viewer, since=until - timedelta(hours=hours), until=until)

begin(t("trends.title"), t("trends.finding"))
st.segmented_control(
    t("trends.span"),
    list(SPANS),
    format_func=lambda span: t(SPANS[span]),
    default=336,
    key="trend_hours",
)
zone = databases.zone()
if trends.points:
    st.subheader(t("trends.levels"), anchor=False)
    table = trend_table(trends, zone)
    show(
        levels_figure(trends, theme.look(), zone),
        table,
        key="niveles",
        finding=t("trends.levels"),
    )
    st.subheader(t("trends.averages"), anchor=False)
    show(
        trends_figure(trends, theme.look(), zone),
        table,
        key="tendencias",
        finding=t("trends.averages"),
    )
    if trends.model_changes():
        st.caption(t("today.model_mark"))
else:
    st.info(t("trends.none"))
end()
