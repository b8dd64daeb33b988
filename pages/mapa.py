"""Mapa: people on the two principal components of their behaviour."""

import streamlit as st

from aura_engine.charts import scatter_chart
from aura_engine.charts.figures import scatter_figure
from aura_engine.i18n import t
from aura_ui import audited, databases, theme
from aura_ui.failures import explained
from aura_ui.figures import show
from aura_ui.formats import whole
from aura_ui.guard import require_role
from aura_ui.page import begin, end, require_results
from aura_ui.roles import EVERYONE
from aura_ui.tables import scatter_table

viewer = require_role(EVERYONE)

MAX_POINTS = 5_000

with explained():
    audited.list_shown(viewer, "mapa")
with explained(), databases.page_reading() as connection:
    version = require_results(connection, viewer, t("map.title"))
    people = scatter_chart(connection, viewer, max_points=MAX_POINTS)

finding = t("map.finding", total=whole(people.total))
begin(t("map.title"), finding)
colours = {"level": t("map.by_level"), "cluster": t("map.by_cluster")}
colour = st.segmented_control(
    t("map.colour"), list(colours), format_func=colours.get, default="level", key="map_colour"
)
show(
    scatter_figure(people, theme.look(), by_cluster=colour == "cluster"),
    scatter_table(people),
    key="mapa",
    finding=finding,
)
if len(people.points) < people.total:
    st.caption(t("map.sampled", shown=whole(len(people.points)), total=whole(people.total)))
st.caption(t("map.note", cluster=version.results["risk_cluster_id"]))
end()
