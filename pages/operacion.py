"""Operación: what runs, what ran, what is missing."""

import streamlit as st

from aura_engine.i18n import t
from aura_engine.store.reads import model_in_view, notice_channels, runs, services
from aura_ui import compare, databases, live, model_versions, notices, operation, rerun, run_queue
from aura_ui.failures import explained
from aura_ui.formats import NOTHING
from aura_ui.guard import require_role
from aura_ui.page import begin, end, now, version_on_view
from aura_ui.roles import OPERATORS

viewer = require_role(OPERATORS)

view = operation.view_asked()
if view != operation.STATE:
    begin(t("operation.title"))
    operation.choose_view(view)
    if view == operation.COMPARE:
        compare.section(viewer)
    else:
        model_versions.section(viewer)
    end()
    st.stop()

with explained(), databases.page_reading() as connection:
    version = version_on_view(connection, viewer)
    parts = services(connection, viewer)
    model = model_in_view(connection, viewer)
    recent = runs(connection, viewer, limit=30)
    channels = notice_channels(connection, viewer)

zone = databases.zone()
pulse = live.Pulse(version, next(iter(recent), None), parts, channels)
st.session_state[live.DRAWN_STATE] = live.state(pulse, now())
ill = [
    *live.complaints(pulse, now(), zone),
    *operation.last_failure(recent),
    *operation.texts_unread(recent),
]
begin(t("operation.title"), t("operation.finding_ill" if ill else "operation.finding_well"))
operation.choose_view(view)
for said in (*ill, *notices.missing(channels)):
    st.caption(said)
st.subheader(t("operation.parts"), anchor=False)
st.dataframe(
    operation.parts_table(parts, now(), zone),
    hide_index=True,
    key="table_parts",
    placeholder=NOTHING,
)
st.subheader(t("operation.model"), anchor=False)
st.markdown(operation.model_in_words(model, zone))
st.caption(operation.language_in_words(parts, recent))
run_queue.section(viewer, is_open=any(rerun.is_open(run) for run in recent))
st.subheader(t("operation.runs"), anchor=False)
if not recent:
    st.caption(t("operation.no_runs"))
else:
    chosen = st.dataframe(
        operation.runs_table(recent, zone),
        hide_index=True,
        key="table_runs",
        placeholder=NOTHING,
        height=320,
        on_select="rerun",
        selection_mode="single-row",
    ).selection.rows
    run = recent[chosen[0]] if chosen else recent[0]
    st.subheader(t("operation.stages", run_id=run["id"]), anchor=False)
    if run["error"]:
        st.error(run["error"], icon=":material/error:")
    stages = operation.stages_table(run)
    if stages.empty:
        st.caption(t("operation.no_stages"))
    else:
        st.dataframe(stages, hide_index=True, key="table_stages", placeholder=NOTHING)
    st.subheader(t("operation.unresolved"), anchor=False)
    for said in operation.references_in_words(recent):
        st.caption(said)
    unresolved = operation.unresolved_table(recent)
    if len(unresolved):
        st.dataframe(unresolved, hide_index=True, key="table_unresolved", placeholder=NOTHING)
end()
