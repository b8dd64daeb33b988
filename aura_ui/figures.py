"""A chart with its twin: the same numbers as a table and as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from aura_engine.charts.theme import CONFIG
from aura_engine.i18n import t
from aura_engine.store.reads import Box
from aura_ui.formats import NOTHING

SELECTABLE: Final = {**CONFIG, "modeBarButtonsToRemove": ["lasso2d", "autoScale2d"]}
"""As other figures, with the button that draws rectangles."""
COUNT: Final = "%,d"
"""How a table writes a whole number: in groups of three."""


def show(
    figure: go.Figure,
    table: pd.DataFrame,
    *,
    key: str,
    finding: str,
    height: int | None = None,
    is_selectable: bool = False,
) -> list[Box]:
    """Draw a figure with its table beneath.

    Parameters
    ----------
    figure : Figure
        What `aura_engine.charts.figures` made.
    table : DataFrame
        The same numbers, with headings that people read.
    key : str
        Of the page's chart; picture and file are named after it.
    finding : str
        What the chart shows, for whoever cannot see it.
    height : int, optional
        Pixels, where the figure's own do not fit.
    is_selectable : bool
        Whether rectangles can be drawn in it.

    Returns
    -------
    list of Box
        The rectangles that the reader drew; who is within is asked of the database.
    """
    if height is not None:
        figure.update_layout(height=height)
    drawn: Any = st.plotly_chart(
        figure,
        key=f"chart_{key}",
        theme=None,
        config=_config(key, is_selectable=is_selectable),
        alt=finding,
        on_select="rerun" if is_selectable else "ignore",
        selection_mode="box",
    )
    with st.expander(t("ui.table")):
        show_table(table, key=key)
    return boxes(drawn) if is_selectable else []


def _config(key: str, *, is_selectable: bool) -> dict[str, Any]:
    config = SELECTABLE if is_selectable else CONFIG
    return {
        **config,
        "toImageButtonOptions": {**config["toImageButtonOptions"], "filename": f"aura-{key}"},
    }


def boxes(drawn: Mapping[str, Any]) -> list[Box]:
    """Return the rectangles of a chart's selection, in whichever direction they were drawn.

    Parameters
    ----------
    drawn : mapping
        What Streamlit says of the chart; its points are not read.
    """
    found = []
    for box in drawn["selection"]["box"]:
        (left, right), (bottom, top) = sorted(box["x"]), sorted(box["y"])
        found.append(Box(float(left), float(right), float(bottom), float(top)))
    return found


def show_table(table: pd.DataFrame, *, key: str) -> None:
    """Draw a table with the way to its file; of one without rows say that there is nothing.

    Parameters
    ----------
    table : DataFrame
        With headings that people read.
    key : str
        As of `show`.
    """
    if table.empty:
        st.caption(t("ui.table_none"))
        return
    counts = table.select_dtypes("integer").columns
    st.dataframe(
        table,
        hide_index=True,
        key=f"table_{key}",
        placeholder=NOTHING,
        column_config={name: st.column_config.NumberColumn(format=COUNT) for name in counts},
    )
    st.download_button(
        t("ui.download"),
        table.to_csv(index=False).encode("utf-8-sig"),
        file_name=f"aura-{key}.csv",
        mime="text/csv",
        key=f"csv_{key}",
        on_click="ignore",
    )
