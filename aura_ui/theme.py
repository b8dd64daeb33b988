"""The look of what Streamlit does not draw itself: level badges, bars, cards."""

from __future__ import annotations

from html import escape
from typing import Final

import streamlit as st

from aura_engine.charts.palette import LEVEL_DARK, LEVEL_FILL, LEVEL_TEXT, rgba
from aura_engine.charts.theme import Look
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t

DRAWN_DARK: Final = "drawn_dark"
"""In the session: whether the page on view was drawn for the dark theme."""
_TINT: Final = 0.13
_LIGHT: Final = ("#55637A", "#E2E8F0", "#F1F5F9")
_DARK: Final = ("#A3B1C6", "#334155", "#1E293B")
"""Soft text, lines, and ground of bars."""
_INK: Final = "#0F172A"
"""Text on what is light in the dark theme."""


def look() -> Look:
    """Return the colours of the theme that the reader has chosen."""
    return Look(dark=st.context.theme.type == "dark")


def is_another() -> bool:
    """Tell whether the reader's theme, which may follow the hour, is not the one that is drawn."""
    return bool(st.session_state.get(DRAWN_DARK, look().dark) != look().dark)


def style() -> None:
    """Add the style sheet of our own elements, once a page."""
    st.session_state[DRAWN_DARK] = look().dark
    st.html(f"<style>{_sheet(look().dark)}</style>")


def say_language() -> None:
    """Tell the browser that the page is Spanish, and that nobody else should translate it.

    Streamlit says English: a reader aloud would read it so, and a browser would offer to send
    what stands here about minors to a translator elsewhere.
    """
    st.html(
        '<script>document.documentElement.lang="es-MX";'
        "document.documentElement.translate=false;</script>",
        unsafe_allow_javascript=True,
    )


def badge(level: RiskLevel) -> str:
    """Return a level as colour, shape and word."""
    return f'<span class="aura-badge {level.name.lower()}">{escape(t(f"levels.{level}"))}</span>'


def _sheet(dark: bool) -> str:
    ink = LEVEL_DARK if dark else LEVEL_TEXT
    soft, line, ground = _DARK if dark else _LIGHT
    accent = look().accent
    levels = "".join(
        f".aura-badge.{level.name.lower()},.aura-asi.{level.name.lower()}{{color:{ink[level]};"
        f"background:{rgba(LEVEL_FILL[level], _TINT)}}}"
        for level in RiskLevel
    )
    # Streamlit writes white on the primary colour, which is light in the dark theme.
    on_primary = '[data-testid^="stBaseButton-primary"]'
    primary = f"{on_primary}, {on_primary} * {{ color: {_INK}; }}" if dark else ""
    return f"""{_hints()}
    .stApp {{ font-variant-numeric: tabular-nums; }}
    .stMainBlockContainer {{ max-width: 1240px; padding: 2.6rem clamp(.9rem, 3vw, 2.5rem) 3rem; }}
    [data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] * {{
      color: {soft}; opacity: 1; }}
    {primary}
    [data-testid="stDataFrame"] [data-testid="stElementToolbar"] {{ display: none; }}
    .aura-demo {{ border-left: 3px solid {accent}; padding: 2px 10px; font-size: .87rem;
                  font-weight: 600; }}
    .aura-badge {{ padding: 2px 9px; border-radius: 999px; font-weight: 600; white-space: nowrap; }}
    .aura-asi {{ display: inline-block; min-width: 2.4em; text-align: center; padding: 2px 6px;
                 border-radius: 6px; font-weight: 650; white-space: nowrap; }}
    {levels}
    .aura-soft {{ color: {soft}; }}
    .st-key-act_together {{ min-height: 4.6rem; justify-content: flex-end; }}
    .aura-row .why {{ font-size: .92rem; }}
    .aura-row .change {{ white-space: nowrap; }}
    .aura-note {{ color: {soft}; font-size: .87rem; line-height: 1.45; }}
    .aura-cards {{ display: grid; gap: 12px;
                   grid-template-columns: repeat(auto-fit, minmax(138px, 1fr)); }}
    .aura-card {{ border: 1px solid {line}; border-radius: 10px; padding: 10px 14px; }}
    .aura-card .number {{ font-size: 1.55rem; font-weight: 650; line-height: 1.3; }}
    @keyframes aura-changed {{ from {{ box-shadow: inset 0 -.45em {accent}66; }} }}
    .aura-card .number.changed {{ animation: aura-changed 3s ease-in; width: fit-content; }}
    @media (prefers-reduced-motion: reduce) {{ .aura-card .number.changed {{ animation: none; }} }}
    .aura-card .change {{ color: {soft}; font-size: .9rem; font-weight: 500; }}
    .aura-wall {{ font-size: 1.25rem; grid-template-columns: repeat(6, 1fr); }}
    .aura-wall .aura-card {{ grid-column: span 2; container-type: inline-size; }}
    .aura-wall .aura-card:nth-child(n+4) {{ grid-column: span 3; }}
    .aura-wall .number {{ font-size: clamp(2.2rem, 22cqi, 5rem); line-height: 1.15; }}
    .aura-row {{ display: grid; align-items: center; gap: 2px 12px; padding: 3px 0;
                 grid-template-columns: 3.6rem 5.2rem 1fr; }}
    .aura-row.moves {{ grid-template-columns: 3.6rem 5.2rem 2.9rem 1fr; }}
    [data-testid="stHtml"]:has(> .aura-row) {{ container-type: inline-size; }}
    @container (max-width: 22rem) {{
      .aura-row, .aura-row.moves {{ grid-template-columns: 3.6rem 1fr auto; }}
      .aura-row .why {{ grid-column: 1 / -1; }}
    }}
    /* A dialog that is opened from the sidebar has the sidebar's small headings. */
    [role="dialog"] [data-testid="stMarkdownContainer"] h2 {{ font-size: 1.15rem; }}
    [data-testid="stHorizontalBlock"]:has(.aura-row):not(:has(h3))
      > [data-testid="stColumn"]:last-child {{ flex: 0 0 3.6rem; min-width: 0; }}
    .aura-name {{ font-weight: 600; font-family: inherit; white-space: nowrap; }}
    .aura-kpi {{ padding: 8px 0; border-top: 1px solid {line}; display: grid; gap: 3px 14px;
                 grid-template-columns: 1fr 5.5rem; }}
    .aura-kpi:first-child {{ border-top: 0; }}
    .aura-kpi .points {{ text-align: right; font-weight: 600; white-space: nowrap; }}
    .aura-whole {{ white-space: nowrap; }}
    .aura-done {{ padding: 5px 0; border-top: 1px solid {line}; font-size: .95rem; }}
    .aura-done:first-child {{ border-top: 0; }}
    .aura-quote {{ border-left: 3px solid {line}; margin: 4px 0 2px; padding: 1px 10px; }}
    .aura-track {{ height: 8px; border-radius: 4px; background: {ground}; align-self: center; }}
    .aura-track i {{ display: block; height: 8px; border-radius: 4px; background: {accent}; }}
    @media (max-width: 640px) {{
      .aura-wall .aura-card:nth-child(n) {{ grid-column: 1 / -1; }}
    }}
    """


def _hints() -> str:
    """Return Spanish for what Streamlit writes in English and lets nobody choose.

    A field's hint stands before the count of its characters, which every field of ours has.
    """
    inputs = '[data-testid="InputInstructions"] > span:first-child:not(:last-child)'
    said = {
        f".stTextInput {inputs}": "ui.hint_apply",
        f".stForm .stTextInput {inputs}": "ui.hint_send",
        f".stTextArea {inputs}": "ui.hint_apply_text",
        f".stForm .stTextArea {inputs}": "ui.hint_send_text",
    }
    written = "".join(
        f"{place}{{font-size:0}}{place}::after{{content:{_quoted(key)};font-size:.75rem}}"
        for place, key in said.items()
    )
    buttons = {"Fullscreen": "ui.hint_fullscreen", "Close fullscreen": "ui.hint_fullscreen_end"}
    return written + "".join(
        f'.js-plotly-plot [data-title="{name}"]::after{{content:{_quoted(key)} !important}}'
        for name, key in buttons.items()
    )


def _quoted(key: str) -> str:
    said = t(key).replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\3C ")
    return f'"{said}"'
