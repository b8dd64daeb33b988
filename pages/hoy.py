"""Hoy: whom to look at first, and what changed since yesterday."""

from datetime import timedelta
from html import escape

import streamlit as st

from aura_engine.charts import distribution_chart, trends_chart
from aura_engine.charts.figures import levels_figure
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.pipeline.explanation import leading_reasons
from aura_engine.store.cases import CaseState
from aura_engine.store.reads import case_counts, level_changes, risk_list
from aura_ui import databases, theme
from aura_ui.failures import explained
from aura_ui.figures import show
from aura_ui.formats import ago, signed, whole
from aura_ui.guard import require_role
from aura_ui.page import begin, end, now, require_results
from aura_ui.people import person_row, reasons_in_words
from aura_ui.roles import EVERYONE
from aura_ui.tables import trend_table

viewer = require_role(EVERYONE)

SHOWN = 8
ENTERED_SHOWN = 5
DAY = timedelta(days=1)

with explained(), databases.page_reading() as connection:
    version = require_results(connection, viewer, t("today.title"))
    counts = distribution_chart(connection, viewer)
    trends = trends_chart(connection, viewer, since=version.as_of - 14 * DAY, until=version.as_of)
    cases = case_counts(connection, viewer)
    entered = [
        change
        for change in level_changes(connection, viewer, since=version.as_of - DAY)
        if change["cluster_label"] == RiskLevel.ALTO and change["previous_label"] is not None
    ]
    first = risk_list(connection, viewer, RiskLevel.ALTO, limit=SHOWN, sufficient_only=True)
    named = [row["pseudonym"] for row in (*entered[:ENTERED_SHOWN], *first)]
    reasons = leading_reasons(connection, viewer, named)

zone = databases.settings().zone
yesterday = next((p for p in reversed(trends.points) if p.as_of <= version.as_of - DAY), None)
high = counts.counts[RiskLevel.ALTO]
waiting = high.people - high.insufficient - len(first)


def card(title: str, number: str, change: str = "") -> str:
    return (
        f'<div class="aura-card"><div>{title}</div><div class="number">{number}</div>'
        f'<div class="change">{change}</div></div>'
    )


def level_card(level: RiskLevel) -> str:
    count = counts.counts[level]
    said = []
    if yesterday is not None:
        change = signed(count.people - yesterday.distribution[level.value])
        said.append(t("today.since_yesterday", change=change))
    if count.insufficient:
        said.append(t("today.of_them_insufficient", count=whole(count.insufficient)))
    return card(theme.badge(level), whole(count.people), "<br>".join(said))


if not first:
    lead = t("today.lead_none")
elif waiting > 0:
    lead = t("today.lead", shown=len(first), rest=whole(waiting))
else:
    lead = t("today.lead_all", shown=len(first))
begin(t("today.title"), lead)
st.html(
    '<div class="aura-cards">'
    + "".join(level_card(level) for level in (RiskLevel.ALTO, RiskLevel.MODERADO, RiskLevel.BAJO))
    + card(escape(t("today.cases_to_review")), whole(cases[CaseState.TO_REVIEW]))
    + card(escape(t("today.cases_open")), whole(cases[CaseState.OPEN]))
    + "</div>"
)
left, right = st.columns([1.7, 1], gap="medium")
with left:
    st.subheader(t("today.entered"), anchor=False)
    if not entered:
        st.caption(t("today.entered_none"))
    with st.container(gap=None):
        for change in entered[:ENTERED_SHOWN]:
            by_model = change["reason"] == "model"
            person_row(
                change,
                why=t("today.entered_by_model")
                if by_model
                else reasons_in_words(reasons.get(change["pseudonym"], [])),
                change=signed(change["severity_index"] - change["previous_severity"]),
                when=ago(change["as_of"], now(), zone),
            )
    if len(entered) > ENTERED_SHOWN:
        st.caption(t("today.entered_rest", count=whole(len(entered) - ENTERED_SHOWN)))
    st.subheader(t("today.first"), anchor=False)
    if not first:
        st.caption(t("today.first_none"))
    with st.container(gap=None):
        for row in first:
            person_row(row, why=reasons_in_words(reasons.get(row["pseudonym"], [])))
    st.page_link("pages/alto_riesgo.py", label=t("ui.see_all"), icon=":material/list:")
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
