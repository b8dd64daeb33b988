"""A chart with its twin: the same numbers as a table and as a file."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from aura_engine.charts.theme import CONFIG
from aura_engine.i18n import t


def show(
    figure: go.Figure, table: pd.DataFrame, *, key: str, finding: str, height: int | None = None
) -> None:
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
    """
    if height is not None:
        figure.update_layout(height=height)
    st.plotly_chart(figure, key=f"chart_{key}", theme=None, config=CONFIG, alt=finding)
    with st.expander(t("ui.table")):
        show_table(table, key=key)


def show_table(table: pd.DataFrame, *, key: str) -> None:
    """Draw a table with the way to its file.

    Parameters
    ----------
    table : DataFrame
        With headings that people read.
    key : str
        As of `show`.
    """
    st.dataframe(table, hide_index=True, key=f"table_{key}")
    st.download_button(
        t("ui.download"),
        table.to_csv(index=False).encode("utf-8-sig"),
        file_name=f"aura-{key}.csv",
        mime="text/csv",
        key=f"csv_{key}",
        on_click="ignore",
    )
