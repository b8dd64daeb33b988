"""Tendencias: a span by hour, day or week, its runs, and how it differs from the span before."""

from datetime import timedelta

import streamlit as st

from aura_engine.charts import periods_chart, steps_chart
from aura_engine.charts.figures import levels_figure, trends_figure
from aura_engine.i18n import t
from aura_engine.store.reads import TrendStep
from aura_ui import databases, theme
from aura_ui.failures import explained
from aura_ui.figures import show, show_table
from aura_ui.formats import moment, whole
from aura_ui.guard import require_role
from aura_ui.page import begin, end, now, require_results
from aura_ui.roles import EVERYONE
from aura_ui.tables import periods_table, trend_table

viewer = require_role(EVERYONE)

SPANS = {
    "24h": (timedelta(hours=24), "trends.hours_24"),
    "7d": (timedelta(days=7), "trends.days_7"),
    "30d": (timedelta(days=30), "trends.days_30"),
    "90d": (timedelta(days=90), "trends.days_90"),
}
USUAL = "7d"
STEPS = {"hora": TrendStep.HOUR, "dia": TrendStep.DAY, "semana": TrendStep.WEEK}
USUAL_STEP = {"24h": "hora", "7d": "hora", "30d": "dia", "90d": "dia"}
asked = st.query_params.get("periodo", USUAL)
span = asked if asked in SPANS else USUAL
asked = st.query_params.get("cada", "")
step = asked if asked in STEPS else USUAL_STEP[span]
zone = databases.zone()

with explained(), databases.page_reading() as connection:
    require_results(connection, viewer, t("trends.title"))
    periods = periods_chart(connection, viewer, span=SPANS[span][0], until=now())
    trends = steps_chart(connection, viewer, periods, step=STEPS[step], zone=zone)

begin(t("trends.title"), t("trends.finding"))
chosen = st.segmented_control(
    t("trends.span"),
    list(SPANS),
    format_func=lambda name: t(SPANS[name][1]),
    default=span,
    required=True,
    key="trend_span",
)
if chosen != span:
    st.query_params["periodo"] = chosen
    st.rerun()
by = st.segmented_control(
    t("trends.step"),
    list(STEPS),
    format_func=lambda name: t(f"trends.step_{STEPS[name]}"),
    default=step,
    required=True,
    key=f"trend_step_{span}",
)
if by != step:
    st.query_params["cada"] = by
    st.rerun()
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
    st.caption(t("trends.note"))
else:
    st.info(t("trends.none"))
if trends.points or periods.before.points:
    st.subheader(t("periods.title"), anchor=False)
    show_table(periods_table(periods), key="periodos")
    st.caption(
        t(
            "periods.note",
            now=whole(len(periods.now.points)),
            before=whole(len(periods.before.points)),
            since=moment(periods.before.since, zone),
            middle=moment(trends.since, zone),
            until=moment(trends.until, zone),
        )
    )
    if periods.is_of_several_models:
        st.caption(t("periods.models"))
end()
