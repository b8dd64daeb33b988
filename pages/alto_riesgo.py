"""Alto riesgo: everyone of a level, most severe first, page by page."""

import math

import pandas as pd
import streamlit as st

from aura_engine.charts import distribution_chart
from aura_engine.charts.palette import LEVEL_ORDER
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.store.reads import risk_list
from aura_ui import audited, databases, theme
from aura_ui.failures import explained
from aura_ui.formats import moment, whole
from aura_ui.guard import require_role
from aura_ui.page import begin, end, require_results
from aura_ui.people import CARD, PERSON, marks, reasons_in_words, reasons_of
from aura_ui.roles import CARERS, EVERYONE

viewer = require_role(EVERYONE)

PAGE = 25
levels = {level.name.lower(): level for level in LEVEL_ORDER}
is_carer = viewer.role in CARERS
st.query_params.pop(PERSON, None)  # of the page that one came from
level = levels.get(st.query_params.get("nivel", ""), RiskLevel.ALTO)
number = max(1, int(digits)) if (digits := st.query_params.get("pagina", "")[:9]).isdecimal() else 1

with explained():
    audited.list_shown(viewer, "alto_riesgo")
with explained(), databases.page_reading() as connection:
    version = require_results(connection, viewer, t("high.title"))
    total = distribution_chart(connection, viewer).counts[level].people
    pages = max(1, math.ceil(total / PAGE))
    number = min(number, pages)
    people = risk_list(connection, viewer, level, limit=PAGE, offset=(number - 1) * PAGE)
    reasons = reasons_of(connection, viewer, [row["pseudonym"] for row in people])

zone = databases.zone()
lead = t("high.lead_choose" if is_carer else "high.lead", total=whole(total))
title = "high.title" if level is RiskLevel.ALTO else f"high.title_{level}"
begin(t(title), lead if total else t("high.none"))
chosen_level = st.segmented_control(
    t("high.level"),
    list(levels),
    format_func=lambda name: t(f"levels.{levels[name]}"),
    default=level.name.lower(),
    required=True,
    key="high_level",
)
if levels[chosen_level] is not level:
    st.query_params.from_dict({"nivel": chosen_level})
    st.rerun()
if people:
    table = pd.DataFrame(
        {
            t("high.asi"): row["severity_index"],
            t("high.pseudonym"): row["pseudonym"],
            t("high.votes"): sum(row[f"vote_{v}"] for v in ("kmeans", "dbscan", "forest")),
            t("high.reasons"): reasons_in_words(reasons, row["pseudonym"]),
            t("high.evidence"): row["evidence"],
            t("high.marks"): " · ".join(marks(row)),
            t("high.verdict"): moment(row["verdict_as_of"], zone),
        }
        for row in people
    )
    selection = st.dataframe(
        table,
        hide_index=True,
        height="content",
        key=f"high_{level}_{number}_{version.number}",
        on_select="rerun" if is_carer else "ignore",
        selection_mode="single-row",
        column_config={
            t("high.asi"): st.column_config.ProgressColumn(
                format="%.0f", min_value=0, max_value=100, color=theme.look().accent, width=96
            ),
            t("high.reasons"): st.column_config.TextColumn(width=300),
            t("high.marks"): st.column_config.TextColumn(width=140),
            t("high.votes"): st.column_config.NumberColumn(format="%d / 3", width=60),
            t("high.evidence"): st.column_config.NumberColumn(format="%d / 6", width=90),
        },
    )
    if is_carer and (chosen := selection.selection.rows):
        st.switch_page(CARD, query_params={PERSON: people[chosen[0]]["pseudonym"]})
    if pages > 1:
        chosen_page = st.pagination(pages, default=number, key=f"high_page_{level}")
        if chosen_page != number:
            st.query_params["pagina"] = str(chosen_page)
            st.rerun()
        st.caption(t("high.page", page=number, pages=pages))
end()
