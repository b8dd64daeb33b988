"""What a server did before it answers, its first reader does not wait for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PAGES = Path(__file__).resolve().parents[3] / "pages"
FIRST_READER = """
import ast, importlib, inspect, sys
from pathlib import Path

from aura_ui.warm_up import warm_up

warm_up()
known = set(sys.modules)
for page in Path(sys.argv[1]).glob("*.py"):
    for node in ast.walk(ast.parse(page.read_text())):
        if isinstance(node, ast.ImportFrom):
            importlib.import_module(node.module)
import plotly.graph_objects as go

go.Figure(layout={"xaxis": {"title": {"text": "x"}}}).add_scatter(x=[1], y=[1]).to_json()
print(sorted(set(sys.modules) - known - {"streamlit_autorefresh"}))
print(len(inspect.modulesbyfile) > len(known) / 2)
"""


def test_nothing_is_left_to_import_for_the_first_page() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_READER, str(PAGES)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["[]", "True"]
