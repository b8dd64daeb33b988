"""Perfiles: the mean behaviour of each level, or of each cluster."""

import streamlit as st

from aura_engine.charts import ProfileBy, cluster_profiles_chart, level_profiles_chart
from aura_engine.charts.profile_figures import profiles_figure
from aura_engine.i18n import t
from aura_engine.store.reads import FEWEST
from aura_ui import databases, theme
from aura_ui.failures import explained
from aura_ui.figures import show
from aura_ui.formats import moment
from aura_ui.guard import require_role
from aura_ui.page import begin, end, require_results
from aura_ui.roles import EVERYONE
from aura_ui.tables import profiles_table

viewer = require_role(EVERYONE)

GROUPINGS = {"nivel": ProfileBy.LEVEL, "grupo": ProfileBy.CLUSTER}
USUAL = "nivel"
asked = st.query_params.get("por", USUAL)
name = asked if asked in GROUPINGS else USUAL
by = GROUPINGS[name]

with explained(), databases.page_reading() as connection:
    version = require_results(connection, viewer, t("profiles.title"))
    if by is ProfileBy.LEVEL:
        profiles = level_profiles_chart(connection, viewer)
    else:
        profiles = cluster_profiles_chart(version.results["profiles"])

finding = t(f"profiles.finding_{by}")
begin(t("profiles.title"), finding)
chosen = st.segmented_control(
    t("profiles.by"),
    list(GROUPINGS),
    format_func=lambda option: t(f"profiles.by_{GROUPINGS[option]}"),
    default=name,
    required=True,
    key="profiles_by",
)
if chosen != name:
    st.query_params["por"] = chosen
    st.rerun()
if profiles.told:
    show(
        profiles_figure(profiles, theme.look()),
        profiles_table(profiles),
        key="perfiles",
        finding=finding,
    )
else:
    st.info(t("profiles.none", fewest=FEWEST))
if by is ProfileBy.CLUSTER:
    when = moment(version.results_as_of, databases.zone())
    st.caption(t("profiles.clusters_note", when=when))
if len(profiles.told) < len(profiles.groups):
    st.caption(t("profiles.hidden", fewest=FEWEST))
st.caption(t("profiles.note"))
end()
