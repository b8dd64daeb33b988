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
        Of the page's chart; the file is named after it.
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
        config=SELECTABLE if is_selectable else CONFIG,
        alt=finding,
        on_select="rerun" if is_selectable else "ignore",
        selection_mode="box",
    )
    with st.expander(t("ui.table")):
        show_table(table, key=key)
    return boxes(drawn) if is_selectable else []


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
    """Draw a table with the way to its file.

    Parameters
    ----------
    table : DataFrame
        With headings that people read.
    key : str
        As of `show`.
    """
    st.dataframe(table, hide_index=True, key=f"table_{key}", placeholder=NOTHING)
    st.download_button(
        t("ui.download"),
        table.to_csv(index=False).encode("utf-8-sig"),
        file_name=f"aura-{key}.csv",
        mime="text/csv",
        key=f"csv_{key}",
        on_click="ignore",
    )
