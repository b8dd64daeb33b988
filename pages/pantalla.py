"""Modo pantalla: the day in totals, to be read across a room; it names nobody."""

from datetime import timedelta

import streamlit as st
from streamlit_autorefresh import st_autorefresh

from aura_engine.charts import distribution_chart, trends_chart
from aura_engine.charts.figures import levels_figure
from aura_engine.charts.palette import LEVEL_ORDER
from aura_engine.i18n import t
from aura_engine.store.reads import case_numbers, services
from aura_ui import databases, live, theme, today
from aura_ui.failures import explained
from aura_ui.figures import show
from aura_ui.formats import ago, moment
from aura_ui.guard import require_role
from aura_ui.page import begin, cases_on_view, end, now, require_results
from aura_ui.roles import EVERYONE
from aura_ui.tables import trend_table

viewer = require_role(EVERYONE)

REFRESH_MS = 30_000
DAYS = 14

# Before anything can fail: what is missing is looked for again by itself.
st_autorefresh(interval=REFRESH_MS, key="pantalla")
at = now()
with explained(), databases.page_reading() as connection:
    version = require_results(connection, viewer, t("wall.title"))
    cases_on_view(connection, viewer)
    zone = databases.zone()
    counts = distribution_chart(connection, viewer)
    since = version.as_of - timedelta(days=DAYS)
    trends = trends_chart(connection, viewer, since=since, until=version.as_of)
    numbers = case_numbers(connection, viewer, now=at, tomorrow=today.next_day(at, zone))
    pulse = live.Pulse(version, None, services(connection, viewer))

when = {"when": moment(version.as_of, zone), "ago": ago(version.as_of, at, zone)}
begin(t("wall.title"), t("wall.data", **when))
# On a wall nobody opens the sidebar: what makes these numbers old or uncertain stands above them.
for complaint in live.complaints(pulse, at, zone):
    st.warning(complaint, icon=":material/warning:")
comparison = today.Comparison(viewer, trends, trends.before_today(zone), at, zone)
cards = [
    today.card(theme.badge(level), counts.counts[level].people, comparison.of(level, counts))
    for level in LEVEL_ORDER
]
cards += today.case_cards(numbers)
st.html(f'<div class="aura-cards aura-wall">{"".join(cards)}</div>')
show(
    levels_figure(trends, theme.look(), zone),
    trend_table(trends, zone),
    key="pantalla",
    finding=t("today.levels"),
)
st.caption(t("wall.note"))
end()
