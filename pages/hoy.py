"""Hoy: whom to look at first, and what changed since yesterday."""

from datetime import timedelta

import streamlit as st

from aura_engine.charts import distribution_chart, trends_chart
from aura_engine.charts.figures import levels_figure
from aura_engine.charts.palette import LEVEL_ORDER
from aura_engine.i18n import t
from aura_engine.store.reads import (
    CaseFilter,
    case_list,
    case_numbers,
    colleagues,
    first_waiting,
    level_changes,
    notice_channels,
    services,
    taken_up,
)
from aura_ui import audited, databases, live, notices, portion, theme, today, worklist
from aura_ui.case_filters import TEAM, Wanted
from aura_ui.failures import explained
from aura_ui.figures import show
from aura_ui.formats import whole
from aura_ui.guard import require_role
from aura_ui.page import begin, cases_on_view, end, now, require_results
from aura_ui.people import CASES, LIST, reasons_of
from aura_ui.roles import CARERS, EVERYONE
from aura_ui.tables import trend_table

viewer = require_role(EVERYONE)

ENTERED_SHOWN = 5
MINE_SHOWN = 5
at = now()
is_carer = viewer.role in CARERS

with explained():
    audited.list_shown(viewer, "hoy")
with explained(), databases.page_reading() as connection:
    version = require_results(connection, viewer, t("today.title"))
    cases_on_view(connection, viewer)
    zone, working = databases.zone(), databases.settings().working_hours
    counts = distribution_chart(connection, viewer)
    since = version.as_of - timedelta(days=14)
    trends = trends_chart(connection, viewer, since=since, until=version.as_of)
    tomorrow = today.next_day(at, zone)
    numbers = case_numbers(connection, viewer, now=at, tomorrow=tomorrow)
    own = CaseFilter(assignee=viewer.name)
    mine = case_list(connection, viewer, own, now=at, limit=MINE_SHOWN) if is_carer else []
    channels = notice_channels(connection, viewer)
    parts = services(connection, viewer)
    before = trends.before_today(zone)
    entered, unknown = (
        today.entered(level_changes(connection, viewer, since=before.as_of)) if before else ([], 0)
    )
    team = colleagues(connection, viewer)
    daily, share = databases.settings().cases_per_day, portion.share_of(viewer, team)
    taken = taken_up(
        connection,
        viewer,
        since=worklist.day_begins(at, zone),
        of_team=portion.is_of_team(viewer, daily),
    )
    day = portion.Portion(portion.capacity(viewer, daily, team), taken)
    waiting = first_waiting(connection, viewer, at=at, limit=day.left, share=share)
    first = waiting.people
    named = [row["pseudonym"] for row in (*entered, *first, *mine)]
    reasons = reasons_of(connection, viewer, named)

begin(t("today.title"), portion.lead(counts, waiting, day))
live.data_and_health(live.Pulse(version, None, parts, channels), at, zone)
comparison = today.Comparison(viewer, trends, before, at, zone)
clock = (working, at, zone)
cards = [
    today.card(theme.badge(level), counts.counts[level].people, comparison.of(level, counts))
    for level in LEVEL_ORDER
]
cards += today.case_cards(numbers)
st.html(f'<div class="aura-cards">{"".join(cards)}</div>')
for said in notices.missing(channels):
    st.caption(said)
left, right = st.columns([2, 1], gap="medium")
with left:
    if first:
        st.subheader(t("today.first"), anchor=False)
        today.first_rows(viewer, first, reasons, clock)
    if (late := waiting.late - len(first)) > 0:
        st.warning(t("today.more_late", count=whole(late)), icon=":material/schedule:")
        if is_carer:
            overdue = Wanted(vista=TEAM, vencidos=True).query()
            st.page_link(CASES, label=t("today.see_late"), query_params=overdue)
    if waiting.total and is_carer:
        st.caption(portion.rule(day, share))
    st.page_link(LIST, label=t("ui.see_all"), icon=":material/list:")
    st.subheader(comparison.title(), anchor=False)
    if before is None:
        st.caption(t("today.entered_first"))
    elif not entered:
        st.caption(t("today.entered_none"))
    today.entered_rows(viewer, entered[:ENTERED_SHOWN], reasons, zone)
    if rest := entered[ENTERED_SHOWN:]:
        with st.expander(t("today.entered_rest", count=whole(len(rest)))):
            today.entered_rows(viewer, rest, reasons, zone)
    if unknown:
        st.caption(t("today.entered_unknown", count=whole(unknown)))
with right:
    if is_carer:
        today.my_cases(viewer, numbers, mine, reasons, clock)
    st.subheader(t("today.levels"), anchor=False)
    show(
        levels_figure(trends, theme.look(), zone),
        trend_table(trends, zone),
        key="hoy",
        finding=t("today.levels"),
        height=260,
    )
    if trends.model_changes():
        st.caption(t("today.model_mark"))
end()
