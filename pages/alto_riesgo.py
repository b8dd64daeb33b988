"""Alto riesgo: the work list of people, filtered and ordered by the address, page by page."""

import math

import streamlit as st

from aura_engine.i18n import t
from aura_engine.store.reads import WorkOrder, colleagues, last_run_before, work_count, work_list
from aura_ui import audited, case_lists, databases, outcomes, worklist, worklist_filters
from aura_ui.failures import explained
from aura_ui.formats import moment, people_in_words
from aura_ui.guard import require_role
from aura_ui.page import begin, cases_on_view, end, require_results
from aura_ui.people import PERSON, reasons_of
from aura_ui.roles import CARERS, EVERYONE
from aura_ui.worklist_filters import Wanted

viewer = require_role(EVERYONE)

PAGE = 25
is_carer = viewer.role in CARERS
st.query_params.pop(PERSON, None)  # of the page that one came from
wanted = Wanted.from_query(st.query_params, viewer)
chosen = wanted.chosen()
zone = databases.zone()

with explained():
    audited.list_shown(viewer, "alto_riesgo")
with explained(), databases.page_reading() as connection:
    version = require_results(connection, viewer, t("high.title"))
    if is_carer:
        cases_on_view(connection, viewer)
    since = last_run_before(connection, viewer, worklist.day_begins(version.as_of, zone))
    total = work_count(connection, viewer, chosen)
    pages = max(1, math.ceil(total / PAGE))
    number = min(wanted.pagina, pages)
    people = work_list(
        connection,
        viewer,
        chosen,
        since=since,
        order=WorkOrder(wanted.orden),
        is_reversed=wanted.inverso,
        limit=PAGE,
        offset=(number - 1) * PAGE,
    )
    reasons = reasons_of(connection, viewer, [row["pseudonym"] for row in people])
    team = colleagues(connection, viewer)

begin(
    t(f"high.title_{wanted.level}" if wanted.level else "high.title_all"),
    people_in_words(total) if total else None,
)
outcomes.show(worklist.PLACE)
worklist_filters.ask(wanted, viewer)
if people:
    shown = worklist.table(people, reasons, zone)
    if is_carer:
        above = case_lists.above_the_table()
    picked = worklist.pick(people, shown, is_choice=is_carer)
    if is_carer:
        with above:
            case_lists.act_together(viewer, picked, team, place=worklist.PLACE)
    worklist_filters.choose_page(wanted, number, pages)
    st.caption(
        t("high.change_none") if since is None else t("high.change_since", when=moment(since, zone))
    )
else:
    st.info(t("high.none_narrowed" if wanted.is_narrowed else "high.none"))
if wanted.is_narrowed:
    st.button(
        t("case_lists.drop"),
        key="high_drop",
        on_click=worklist_filters.drop_filters,
        args=(wanted,),
    )
worklist.export(wanted, viewer, since, total=total)
end()
