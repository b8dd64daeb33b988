"""Two runs beside each other on the page of operations."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from aura_engine.i18n import t
from aura_engine.store.access import Viewer
from aura_engine.store.reads import (
    Incomparable,
    Moves,
    RunPair,
    comparable_runs,
    moved_people,
    moves,
    runs_to_compare,
)
from aura_ui import audited, databases
from aura_ui.compare_filters import PAGE, Wanted, choose_page, choose_runs, filters, pair_in_words
from aura_ui.compare_tables import causes_table, finding, moves_table, people_table
from aura_ui.failures import explained
from aura_ui.figures import show_table
from aura_ui.formats import NOTHING, people_in_words, whole
from aura_ui.people import CARD, PERSON, reasons_of
from aura_ui.roles import CARERS

PART = "comparar"
"""How the log of reads tells this list from others of the page."""


def section(viewer: Viewer) -> None:
    """Draw who moved between two runs, and why; the runs are those of the address.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    """
    wanted = Wanted.from_query(st.query_params)
    zone = databases.zone()
    with explained(), databases.page_reading() as connection:
        choices = comparable_runs(connection, viewer)
        asked = wanted.runs(choices)
        found = runs_to_compare(connection, viewer, *asked) if asked else None
    if asked is None:
        st.info(t("compare.too_few"), icon=":material/hourglass_empty:")
        return
    if isinstance(found, RunPair):
        # In the order in which they were shown, whichever was named first.
        asked = (found.before.id, found.after.id)
    choose_runs(wanted, asked, choices, zone)
    if not isinstance(found, RunPair):
        why = found or Incomparable.UNKNOWN
        st.info(t(f"compare.why_{why}", one=asked[0], other=asked[1]), icon=":material/info:")
        return
    with explained():
        audited.list_shown(viewer, "operacion", PART)
    with explained(), databases.page_reading() as connection:
        counted = moves(connection, viewer, found)
        chosen = wanted.chosen()
        total = chosen.count(counted)
        pages = max(1, math.ceil(total / PAGE))
        number = min(wanted.pagina, pages)
        people = moved_people(
            connection, viewer, found, chosen, limit=PAGE, offset=(number - 1) * PAGE
        )
        steady = [row["pseudonym"] for row in people if not row["moved_since"]]
        reasons = reasons_of(connection, viewer, steady) if steady else {}
    st.markdown(f"**{finding(counted)}**")
    st.caption(pair_in_words(found, zone))
    _totals(counted, found)
    st.subheader(t("compare.who"), anchor=False)
    filters(wanted)
    if not people:
        st.info(t("compare.none_narrowed" if wanted.is_narrowed else "compare.none"))
        return
    st.caption(people_in_words(total))
    _list(viewer, people, people_table(people, reasons), f"{asked}_{wanted.query()}_{number}")
    choose_page(wanted, number, pages)
    st.caption(t("compare.list_note"))


def _totals(counted: Moves, pair: RunPair) -> None:
    show_table(moves_table(counted), key="comparar")
    st.dataframe(
        causes_table(counted),
        hide_index=True,
        width="content",
        key="table_causes",
        placeholder=NOTHING,
    )
    st.caption(t("compare.insufficient", count=whole(counted.insufficient)))
    if pair.is_of_two_models:
        st.caption(
            t(
                "compare.two_models",
                before=pair.before.model_version_id,
                after=pair.after.model_version_id,
            )
        )
    if counted.left_is_known:
        st.caption(t("compare.left_note", run_id=pair.before.id))
    else:
        st.caption(t("compare.left_unknown"))


def _list(viewer: Viewer, people: list[dict[str, Any]], table: Any, order: str) -> None:
    is_choice = viewer.role in CARERS
    selection: Any = st.dataframe(
        table,
        hide_index=True,
        placeholder=NOTHING,
        height="content",
        key=f"table_moved_{order}",
        on_select="rerun" if is_choice else "ignore",
        selection_mode="single-row",
        column_config={
            t("compare.asi_before"): st.column_config.NumberColumn(format="%.0f", width=90),
            t("compare.asi_after"): st.column_config.NumberColumn(format="%.0f", width=90),
            t("high.change"): st.column_config.NumberColumn(format="%+.0f", width=80),
            t("compare.heaviest"): st.column_config.TextColumn(width=240),
        },
    )
    if not is_choice:
        return
    picked = [place for place in selection.selection.rows if place < len(people)]
    if picked:
        st.switch_page(CARD, query_params={PERSON: people[picked[0]]["pseudonym"]})
