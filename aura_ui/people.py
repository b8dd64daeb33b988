"""People in lists: a row each, with a way to their page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import streamlit as st

from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_ui.navigation import FOLDER

MAX_REASONS: Final = 2
PERSON: Final = "p"
"""Query parameter that names a person by pseudonym."""
CARD: Final = FOLDER / "ficha.py"


def reasons_in_words(columns: Sequence[str], most: int = MAX_REASONS) -> str:
    """Return the KPIs that lead a verdict, the heaviest first; all stand on the risk side."""
    return " · ".join(
        f"{t(f'kpi_names.{column}').lower()}\u00a0{'↓' if column == _GOOD_WHEN_HIGH else '↑'}"
        for column in columns[:most]
    )


def asi(row: dict[str, Any]) -> str:
    """Return a person's ASI as a badge in the colour of their level; no decimals in lists."""
    level = RiskLevel(row["cluster_label"])
    return f'<span class="aura-asi {level.name.lower()}">{row["severity_index"]:.0f}</span>'


def person_row(row: dict[str, Any], *, why: str, change: str = "", when: str = "") -> None:
    """Draw one person of a list.

    Parameters
    ----------
    row : dict
        pseudonym, cluster_label, severity_index.
    why, change, when : str
        What leads the verdict, how the ASI moved, since when.
    """
    line, button = st.columns([1, 0.11], vertical_alignment="center", gap="xsmall", wrap=False)
    line.html(
        '<div class="aura-row">'
        f"{asi(row)}"
        f'<span class="aura-name">{escape(row["pseudonym"])}</span>'
        f'<span class="aura-soft">{escape(change)}</span>'
        f'<span class="why">{escape(why)}</span>'
        f'<span class="when aura-soft">{escape(when)}</span>'
        "</div>"
    )
    button.page_link(CARD, label=t("ui.see"), query_params={PERSON: row["pseudonym"]})


_GOOD_WHEN_HIGH: Final = "num_community_categories"
