"""The parts of one person's page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import tzinfo
from html import escape
from typing import Any

import streamlit as st

from aura_engine.charts import HistoryChart
from aura_engine.domain import LEVEL_RANK, RiskLevel
from aura_engine.i18n import t
from aura_engine.pipeline.explanation import KpiExplanation, PersonExplained
from aura_engine.store.pseudonyms import read_pseudonym
from aura_ui import theme
from aura_ui.formats import ago, kpi_phrase, moment
from aura_ui.page import now
from aura_ui.people import PERSON


def ask_for_pseudonym(current: str) -> None:
    """Draw the field that names whom to show; the address follows it."""
    typed = st.text_input(
        t("person.who"),
        value=current,
        placeholder=t("person.placeholder"),
        max_chars=12,
        width=220,
    )
    asked = read_pseudonym(typed)
    if asked != current:
        st.query_params[PERSON] = asked
        st.rerun()


def headline(told: PersonExplained, zone: tzinfo) -> None:
    """Draw who it is, level, ASI, evidence, and what limits them."""
    row = told.person
    level = RiskLevel(row["cluster_label"])
    observed = t("person.observed", evidence=row["evidence"])
    st.html(
        f'<h2 style="margin:0 0 .2rem">{escape(row["pseudonym"])} &nbsp; {theme.badge(level)} '
        f'&nbsp; <span class="aura-name">ASI {row["severity_index"]:.1f}</span></h2>'
        f'<span class="aura-soft">{escape(observed)}</span>'
    )
    if row["stopped_showing"]:
        when = moment(row["verdict_as_of"], zone)
        said = t("person.stopped", when=when) if told.is_kept else t("person.stopped_worse")
        st.warning(said, icon=":material/visibility_off:")
    elif not row["had_evidence"]:
        st.warning(t("person.insufficient"), icon=":material/help:")
    elif not row["is_sufficient"]:
        st.warning(t("person.fell_silent"), icon=":material/help:")
    if not row["is_active"]:
        st.caption(t("person.inactive"))


def why(told: PersonExplained) -> None:
    """Draw each KPI in words, its place in the population, and the ASI it explains."""
    if not told.kpis:
        return  # the model that would explain them cannot be read, which is said above
    st.subheader(t("person.why"), anchor=False)
    st.html("".join(_kpi(kpi) for kpi in told.kpis))
    st.caption(t("person.kept") if told.is_kept else t("person.why_note"))
    st.markdown(counterfactual(told))


def counterfactual(told: PersonExplained) -> str:
    """Say what would lower the level, if one KPI alone does."""
    if told.is_kept:
        return ""
    level = told.person["cluster_label"]
    if level == RiskLevel.BAJO:
        return t("person.lowest")
    enough = [
        kpi
        for kpi in told.kpis
        if kpi.level_without is not None and LEVEL_RANK[kpi.level_without] < LEVEL_RANK[level]
    ]
    if not enough:
        return t("person.no_single")
    return "  \n".join(
        t(
            "person.drops",
            if_returned=t(f"kpi_returns.{kpi.column}"),
            level=t(f"levels.{kpi.level_without}"),
        )
        for kpi in enough
    )


def votes(row: dict[str, Any]) -> None:
    """Draw the three votes."""
    st.subheader(t("person.votes"), anchor=False)
    cards = "".join(
        f'<div class="aura-card"><div>{escape(t(f"person.vote_{detector}"))}</div>'
        f'<div class="change">{escape(_vote(row[f"vote_{detector}"]))}</div></div>'
        for detector in ("kmeans", "dbscan", "forest")
    )
    st.html(f'<div class="aura-cards" style="grid-template-columns:repeat(3,1fr)">{cards}</div>')


def usual(chart: HistoryChart) -> None:
    """Say which ASI is usual for this person, where their history is long enough."""
    own = chart.usual_severity()
    if own is not None:
        st.caption(t("person.usual", own=f"{own:.0f}", now=f"{chart.points()[-1].severity:.0f}"))


def last_change(records: Sequence[dict[str, Any]], zone: tzinfo) -> None:
    """Say when the level changed last, and whether the person or the model changed it."""
    changes = [
        record
        for record in records
        if record["previous_label"] is not None
        and record["previous_label"] != record["cluster_label"]
    ]
    if not changes:
        if records:
            st.caption(t("person.changed_never", when=moment(records[0]["as_of"], zone)))
        return
    last = changes[-1]
    st.caption(
        t(
            "person.changed",
            when=moment(last["as_of"], zone),
            before=t(f"levels.{last['previous_label']}"),
            after=t(f"levels.{last['cluster_label']}"),
            reason=t(f"reasons.{last['reason']}"),
        )
    )


def about(row: dict[str, Any], zone: tzinfo) -> None:
    """Say what else is known."""
    last = row["last_activity_at"]
    said = [
        t("person.last_activity", when=ago(last, now(), zone))
        if last is not None
        else t("person.last_activity_none")
    ]
    if row["age_band"]:
        said.append(t("person.age_band", band=row["age_band"]))
    if row["region"]:
        said.append(t("person.region", region=row["region"]))
    said.append(t("person.model_version", version=row["model_version_id"]))
    st.caption(" · ".join(said))


def _vote(cast: bool) -> str:
    return t("person.vote_yes" if cast else "person.vote_no")


def _kpi(kpi: KpiExplanation) -> str:
    points = t("person.points_none")
    if kpi.value is not None and kpi.asi_drop is not None:
        points = t("person.points", points=f"{kpi.asi_drop:.1f}")
    phrase = kpi_phrase(kpi.column, kpi.value, kpi.usual, kpi.own_usual)
    width = 0.0 if kpi.value is None else 100 * kpi.rank
    key = "person.rank_unknown" if kpi.value is None else "person.rank"
    told = t(key, phrase=phrase, percent=f"{width:.0f}")
    return (
        '<div class="aura-kpi">'
        f"<span>{_unbroken(phrase)}</span>"
        f'<span class="points">{escape(points)}</span>'
        f'<span class="aura-track" role="img" aria-label="{escape(told)}">'
        f'<i style="width:{width:.1f}%"></i></span><span></span></div>'
    )


def _unbroken(phrase: str) -> str:
    """Return a phrase as HTML that keeps each number and its sign of percent on one line."""
    return re.sub(r"\d[\d.,]* %", r'<span class="aura-whole">\g<0></span>', escape(phrase))
