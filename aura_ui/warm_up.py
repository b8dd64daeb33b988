"""What the first page would otherwise wait for, done before the server answers."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from datetime import UTC, datetime

import aura_ui
from aura_engine.charts import TrendsChart
from aura_engine.charts.figures import levels_figure
from aura_engine.charts.theme import Look


def warm_up() -> None:
    """Import what pages use, and let Plotly and `inspect` fill what they keep.

    Plotly loads its validators with the first figure that needs them. Streamlit asks for the
    caller of its functions, for which `inspect` first looks at the file of every module.
    """
    for module in pkgutil.iter_modules(aura_ui.__path__):
        importlib.import_module(f"{aura_ui.__name__}.{module.name}")
    nothing = TrendsChart(datetime.now(UTC), datetime.now(UTC), ())
    levels_figure(nothing, Look(dark=False), UTC).to_json()
    inspect.stack()
