"""Casos: what is mine, what the team has, what is to review, and of whom too little is known."""

import math

import streamlit as st

from aura_engine.i18n import t
from aura_engine.store.access import Role
from aura_engine.store.cases import CaseStage
from aura_engine.store.reads import (
    CaseFilter,
    case_list,
    case_stages,
    colleagues,
    team_load,
    unknown_count,
    unknown_people,
)
from aura_ui import audited, case_filters, case_lists, databases, outcomes
from aura_ui.case_filters import TEAM, TO_REVIEW, UNKNOWN, Wanted
from aura_ui.failures import explained
from aura_ui.formats import NOTHING, whole
from aura_ui.guard import require_role
from aura_ui.page import begin, cases_on_view, end, now, require_results
from aura_ui.people import CARD, PERSON, Reasons, reasons_of
from aura_ui.roles import CARERS

viewer = require_role(CARERS)

PAGE = 25
ON_BOARD = 6
st.query_params.pop(PERSON, None)  # of the page that one came from
wanted = Wanted.from_query(st.query_params)
chosen = wanted.chosen(viewer)
at = now()

with explained():
    audited.list_shown(viewer, "casos", wanted.vista)
with explained(), databases.page_reading() as connection:
    require_results(connection, viewer, t("case_lists.title"))
    cases_on_view(connection, viewer)
    offset = (wanted.pagina - 1) * PAGE
    rows, counts, columns, loads, total = [], dict.fromkeys(CaseStage, 0), {}, [], 0
    reasons: Reasons = {}
    if wanted.vista == UNKNOWN:
        total = unknown_count(connection, viewer)
        offset = min(offset, max(0, total - 1) // PAGE * PAGE)
        rows = unknown_people(connection, viewer, limit=PAGE, offset=offset)
        team = []
    else:
        counts = case_stages(connection, viewer, chosen, now=at)
        stages = [chosen.stage] if chosen.stage else list(CaseStage)[:-1]
        total = sum(counts[stage] for stage in stages)
        offset = min(offset, max(0, total - 1) // PAGE * PAGE)
        team = colleagues(connection, viewer)
        if wanted.is_board:
            columns = {
                stage: case_list(
                    connection, viewer, wanted.of_stage(viewer, stage), now=at, limit=ON_BOARD
                )
                for stage in CaseStage
            }
        else:
            rows = case_list(connection, viewer, chosen, now=at, limit=PAGE, offset=offset)
            reasons = reasons_of(connection, viewer, [row["pseudonym"] for row in rows])
        if wanted.vista == TEAM and viewer.role is Role.SUPERVISOR:
            loads = team_load(connection, viewer, now=at)
    to_review = case_stages(connection, viewer, CaseFilter(to_review=True), now=at)

zone, working = databases.zone(), databases.settings().working_hours
begin(t("case_lists.title"), t(f"case_lists.lead_{wanted.vista}", count=whole(total)))
outcomes.show(case_lists.PLACE)
case_filters.choose_view(wanted)
if wanted.vista == UNKNOWN:
    st.caption(t("case_lists.unknown_why"))
    if rows:
        selection = st.dataframe(
            case_lists.unknown_table(rows, zone),
            hide_index=True,
            placeholder=NOTHING,
            height="content",
            key=f"unknown_{offset}",
            on_select="rerun",
            selection_mode="single-row",
        )
        if picked := selection.selection.rows:
            st.switch_page(CARD, query_params={PERSON: rows[picked[0]]["pseudonym"]})
    else:
        case_lists.empty(wanted)
else:
    if wanted.vista == TO_REVIEW:
        st.caption(t("case_lists.to_review_why"))
    elif beside := case_lists.to_review_beside(wanted, to_review):
        st.caption(t("case_lists.to_review_beside", count=whole(beside)))
    case_filters.ask(wanted)
    if wanted.is_board:
        case_lists.board(columns, counts, working, at, zone)
    elif rows:
        shown = case_lists.table(rows, reasons, working, at, zone)
        above = case_lists.above_the_table()
        picked = case_lists.pick(rows, shown)
        with above:
            case_lists.act_together(viewer, picked, team)
    else:
        case_lists.empty(wanted)
if not wanted.is_board:
    case_filters.choose_page(wanted, max(1, math.ceil(total / PAGE)))
if loads:
    st.subheader(t("case_lists.load"), anchor=False)
    st.dataframe(
        case_lists.load_table(loads), hide_index=True, key="cases_load", placeholder=NOTHING
    )
end()
