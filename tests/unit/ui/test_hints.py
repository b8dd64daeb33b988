"""What Streamlit writes in English and lets nobody choose is Spanish by the style sheet."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from aura_engine.i18n import t
from tests.patience import PATIENCE

BUNDLE = Path(streamlit.__file__).parent / "static" / "static" / "js"


def styled() -> None:
    from aura_ui import theme

    theme.style()


@pytest.fixture
def sheet(monkeypatch) -> str:
    # What runs a script leaves it as the main module, and new processes would run it again.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    page = AppTest.from_function(styled, default_timeout=PATIENCE).run()
    assert not page.exception
    (html,) = page.get("html")
    return html.proto.body


def speaking() -> None:
    from aura_ui import theme

    theme.say_language()


def test_a_page_is_told_to_be_spanish_and_not_to_be_sent_to_a_translator(monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    (html,) = AppTest.from_function(speaking, default_timeout=PATIENCE).run().get("html")
    assert html.proto.unsafe_allow_javascript
    assert 'documentElement.lang="es-MX"' in html.proto.body
    assert "documentElement.translate=false" in html.proto.body


@pytest.mark.parametrize("name", ["apply", "send", "apply_text", "send_text"])
def test_a_fields_hint_is_spanish(sheet, name):
    assert f'::after{{content:"{t(f"ui.hint_{name}")}"' in sheet


def test_a_field_that_has_no_hint_keeps_the_count_of_its_characters(sheet):
    places = [rule for rule in sheet.split("}") if "InputInstructions" in rule]
    assert len(places) == 8
    assert all("span:first-child:not(:last-child)" in place for place in places)


def test_the_style_sheet_still_means_what_streamlit_draws(sheet):
    """A newer Streamlit that draws them otherwise needs another sheet."""
    (hints,) = BUNDLE.glob("InputInstructions.*.js")
    source = hints.read_text(encoding="utf-8")
    assert "`InputInstructions`" in source
    assert source.index("Press Enter to") < source.index("${s}`")
    for widget in ("TextInput", "TextArea"):
        (found,) = BUNDLE.glob(f"{widget}.*.js")
        assert f"className:`st{widget}`" in found.read_text(encoding="utf-8")
    (charts,) = BUNDLE.glob("PlotlyChart.*.js")
    drawn = charts.read_text(encoding="utf-8")
    for button in ("Fullscreen", "Close fullscreen"):
        assert f"`{button}`" in drawn
        assert f'[data-title="{button}"]::after' in sheet
