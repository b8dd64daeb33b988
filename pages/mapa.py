"""Mapa: people on the two principal components of their behaviour."""

import streamlit as st

from aura_engine.i18n import t
from aura_ui import audited, databases, map_view
from aura_ui.failures import explained
from aura_ui.figures import show
from aura_ui.formats import whole
from aura_ui.guard import require_role
from aura_ui.page import begin, end, require_results
from aura_ui.roles import EVERYONE
from aura_ui.tables import scatter_table

viewer = require_role(EVERYONE)

with explained():
    audited.list_shown(viewer, "mapa")
with explained(), databases.page_reading() as connection:
    version = require_results(connection, viewer, t("map.title"))
    kept = map_view.on_view(connection, viewer, version)

people, zone = kept.people, databases.zone()
finding = t("map.finding", total=whole(people.points.total))
begin(t("map.title"), finding)
colours = {"level": t("map.by_level"), "cluster": t("map.by_cluster")}
colour = st.segmented_control(
    t("map.colour"),
    list(colours),
    format_func=lambda name: colours[name],
    default="level",
    key=map_view.COLOUR,
)
if kept.meaning:
    st.markdown(" ".join(kept.meaning))
drawn = show(
    people.figure(by_cluster=colour == "cluster"),
    scatter_table(people.points),
    key="mapa",
    finding=" ".join([finding, *kept.meaning]),
    is_selectable=True,
)
map_view.offer_to_redraw(kept, version, zone)
if said := people.said():
    st.caption(said)
st.caption(t("map.note", cluster=kept.version.results["risk_cluster_id"]))
if drawn and not kept.is_placed_as(version):
    st.info(t("map.placed_anew"), icon=":material/refresh:")
elif drawn:
    with explained():
        map_view.within(viewer, drawn[-1], zone)
else:
    st.caption(t("map.select"))
end()
