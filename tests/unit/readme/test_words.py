"""What people read is Spanish and careful, and stands in the catalogue."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from aura_engine.i18n import room, t

ROOT = Path(__file__).resolve().parents[3]
SHOWN = ("aura_engine", "aura_ui", "aura_cli", "pages", "scheduler", "ws_bridge")
CATALOGUE = ROOT / "aura_engine" / "i18n" / "es.toml"
SPANISH_PAGES = (ROOT / "README.es.md", ROOT / "docs" / "guia-orientacion.md")
FORBIDDEN = re.compile(
    r"suicid|enferm|\bculpa|detectad|casos? graves?|diagn[oó]stic|peligros[oa]s?\b|trastorn"
    r"|v[ií]ctima",
    re.IGNORECASE,
)
DENIED = re.compile(r"no (?:es )?un diagnóstico", re.IGNORECASE)
ENGLISH = re.compile(
    r"\b(?:the|and|with|please|click|loading|error while|not found|invalid|submit|"
    r"level|score|settings|update|updated|delete|save|search|choose|select|download|upload)\b",
    re.IGNORECASE,
)
QUOTED_OR_CODE = re.compile(
    r"«[^»]*»|`[^`]*`|\{[^}]*\}|--[\w-]+|[\w./-]*[./_][\w./-]*|\bLISTEN\b|\brol «user»"
)
"""What may be English in a Spanish sentence: names of files, columns, options, values."""
CALL = re.compile(r"""\bt\(\s*["']([a-z_]+\.\w+)["']""")
LITERALS = {
    "button", "form_submit_button", "download_button", "link_button", "checkbox", "toggle",
    "caption", "info", "warning", "error", "success", "markdown", "header", "subheader", "title",
    "text_input", "text_area", "selectbox", "multiselect", "date_input", "slider", "radio",
    "segmented_control", "pills", "expander", "metric", "toast", "page_link", "dialog", "spinner",
}  # fmt: skip
PARAMETERS = {"label", "placeholder", "help", "alt"}


def catalogue() -> dict[str, str]:
    names = re.findall(r"^\[(\w+)\]$", CATALOGUE.read_text(encoding="utf-8"), re.MULTILINE)
    return {f"{name}.{key}": message for name in names for key, message in room(name).items()}


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))
    yield ROOT / "streamlit_app.py"


def harms(words: str) -> list[str]:
    return FORBIDDEN.findall(DENIED.sub("", words))


def test_no_message_holds_a_word_that_harms():
    assert {key: found for key, said in catalogue().items() if (found := harms(said))} == {}


@pytest.mark.parametrize("page", SPANISH_PAGES, ids=lambda path: path.name)
def test_no_page_for_readers_holds_a_word_that_harms(page):
    assert harms(" ".join(page.read_text(encoding="utf-8").split())) == []


def test_a_word_that_harms_is_found_and_its_denial_is_not():
    assert harms("Riesgo suicida detectado en un caso grave")
    assert harms("El diagnóstico es claro")
    assert harms("No es un diagnóstico, no un diagnóstico.") == []


def test_no_message_is_left_in_english():
    left = {
        key: found
        for key, said in catalogue().items()
        if (found := ENGLISH.findall(QUOTED_OR_CODE.sub(" ", said)))
    }
    assert left == {}


def test_every_message_that_the_code_asks_for_is_in_the_catalogue():
    known = catalogue()
    missing = {
        (str(module.relative_to(ROOT)), key)
        for module in modules(*SHOWN)
        for key in CALL.findall(module.read_text(encoding="utf-8"))
        if key not in known
    }
    assert missing == set()


def literals(source: str) -> Iterator[tuple[int, str]]:
    """Words that a page draws without the catalogue."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr not in LITERALS or ast.unparse(node.func.value) == "log":
            continue
        given = [*node.args[:1], *(k.value for k in node.keywords if k.arg in PARAMETERS)]
        for value in given:
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
                yield node.lineno, value.value


def test_pages_draw_no_words_but_those_of_the_catalogue():
    drawn = [
        (str(module.relative_to(ROOT)), line, words)
        for module in modules("aura_ui", "pages")
        for line, words in literals(module.read_text(encoding="utf-8"))
    ]
    assert drawn == []


def test_words_beside_the_catalogue_are_found():
    assert list(literals('st.button("Save")\nst.selectbox(t("a.b"), [], placeholder="x")')) == [
        (1, "Save"),
        (2, "x"),
    ]


def calls_of(*names: str) -> Iterator[tuple[Path, ast.Call]]:
    for module in modules("aura_ui", "pages"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in names
            ):
                yield module, node


def test_every_field_counts_its_characters_so_that_its_hint_can_be_spanish():
    """`aura_ui.theme` tells the hint from the count by what stands behind it."""
    fields = list(calls_of("text_input", "text_area"))
    assert fields
    uncounted = [
        (module.name, call.lineno)
        for module, call in fields
        if "max_chars" not in {keyword.arg for keyword in call.keywords}
    ]
    assert uncounted == []


def test_what_is_left_open_and_what_is_missing_says_so_in_spanish():
    """Streamlit would write "Choose options" and, in the cells of tables, "None"."""
    silent = [
        (module.name, call.lineno)
        for module, call in calls_of("multiselect", "dataframe")
        if "placeholder" not in {keyword.arg for keyword in call.keywords}
    ]
    assert silent == []


def test_every_chart_comes_with_its_table():
    """There is one place that draws charts, and it draws the table and the file with each."""
    charts = ("plotly_chart", "line_chart", "bar_chart", "area_chart", "altair_chart",
              "vega_lite_chart", "echarts_chart", "pyplot", "scatter_chart")  # fmt: skip
    assert {module.name for module, _ in calls_of(*charts)} == {"figures.py"}


def test_the_line_under_every_page_says_that_a_level_is_a_reason_to_look():
    assert t("ui.footer").startswith("Un nivel es una razón para mirar, no un diagnóstico")
