"""Hoy: whom to look at first, and what changed since yesterday."""

from datetime import timedelta
from html import escape

import streamlit as st

from aura_engine.charts import distribution_chart, trends_chart
from aura_engine.charts.figures import levels_figure
from aura_engine.charts.palette import LEVEL_ORDER
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.store.cases import CaseState
from aura_engine.store.reads import case_counts, level_changes, notice_channels, risk_list
from aura_ui import audited, databases, notices, theme, today
from aura_ui.failures import explained
from aura_ui.figures import show
from aura_ui.formats import whole
from aura_ui.guard import require_role
from aura_ui.page import begin, end, now, require_results
from aura_ui.people import LIST, person_row, reasons_in_words, reasons_of
from aura_ui.roles import EVERYONE
from aura_ui.tables import trend_table

viewer = require_role(EVERYONE)

SHOWN = 8
ENTERED_SHOWN = 5

with explained(), databases.page_reading() as connection:
    version = require_results(connection, viewer, t("today.title"))
    audited.list_shown(viewer, "hoy")
    zone = databases.zone()
    counts = distribution_chart(connection, viewer)
    since = version.as_of - timedelta(days=14)
    trends = trends_chart(connection, viewer, since=since, until=version.as_of)
    cases = case_counts(connection, viewer)
    channels = notice_channels(connection, viewer)
    before = trends.before_today(zone)
    entered, unknown = (
        today.entered(level_changes(connection, viewer, since=before.as_of)) if before else ([], 0)
    )
    first = risk_list(connection, viewer, RiskLevel.ALTO, limit=SHOWN, known_only=True)
    named = [row["pseudonym"] for row in (*entered, *first)]
    reasons = reasons_of(connection, viewer, named)

begin(t("today.title"), today.lead(counts, len(first)))
comparison = today.Comparison(viewer, trends, before, now(), zone)
cards = [
    today.card(theme.badge(level), counts.counts[level].people, comparison.of(level, counts))
    for level in LEVEL_ORDER
]
for state, kind in ((CaseState.TO_REVIEW, "to_review"), (CaseState.OPEN, "open")):
    why = t(f"today.cases_{kind}_why")
    cards.append(today.card(escape(t(f"today.cases_{kind}")), cases[state], [why]))
st.html(f'<div class="aura-cards">{"".join(cards)}</div>')
for said in notices.failing(channels, now(), zone):
    st.warning(said, icon=":material/notifications_off:")
for said in notices.missing(channels):
    st.caption(said)
left, right = st.columns([2, 1], gap="medium")
with left:
    st.subheader(t("today.first"), anchor=False)
    if not first:
        st.caption(t("today.first_none"))
    with st.container(gap=None):
        for row in first:
            person_row(viewer, row, why=reasons_in_words(reasons, row["pseudonym"]))
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
