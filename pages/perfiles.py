"""Perfiles: the mean behaviour of each level and of each cluster."""

import streamlit as st

from aura_engine.charts import radar_chart
from aura_engine.charts.figures import radar_figure
from aura_engine.i18n import t
from aura_ui import databases, theme
from aura_ui.failures import explained
from aura_ui.figures import show, show_table
from aura_ui.guard import require_role
from aura_ui.page import begin, end, require_results
from aura_ui.roles import EVERYONE
from aura_ui.tables import cluster_table, radar_table

viewer = require_role(EVERYONE)

with explained(), databases.page_reading() as connection:
    version = require_results(connection, viewer, t("profiles.title"))
    radar = radar_chart(connection, viewer)

begin(t("profiles.title"), t("profiles.finding"))
show(
    radar_figure(radar, theme.look()),
    radar_table(radar),
    key="perfiles",
    finding=t("profiles.finding"),
)
st.caption(t("profiles.note"))
st.subheader(t("profiles.clusters"), anchor=False)
show_table(cluster_table(version.results["profiles"]), key="clusters")
st.caption(t("profiles.clusters_note"))
end()
