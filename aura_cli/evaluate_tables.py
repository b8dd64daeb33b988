"""What an evaluation found, for people."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from aura_engine.i18n import t

if TYPE_CHECKING:
    import pandas as pd

    from aura_engine.demo.evaluation.nights import Relived

_MEASURES: Final = (
    "recall_top1", "recall_top5", "recall_top10", "average_precision", "recall", "precision", "f1",
    "flagged", "healthy_outliers_flagged",
)  # fmt: skip
_PARTS: Final = ("new_cases_per_1000_day", "churn", "flips_undone", "lead_days_median", "found",
                 "delay_cost", "listed")  # fmt: skip
_SHARES: Final = frozenset({"churn", "flips_undone", "found", "listed", "jitter_renewal"})


def print_measures(
    measures: pd.DataFrame, stability: pd.DataFrame, *, users: int, model: str
) -> None:
    """Print the medians over the populations, a row a system.

    Parameters
    ----------
    measures, stability : DataFrame
        Of `aura_engine.demo.evaluation.evaluate.evaluate`.
    users : int
        People a population.
    model : str
        Language model that read the texts.
    """
    seeds = measures.index.get_level_values("seed").unique()
    title = t("evaluate.measures", first=seeds[0], last=seeds[-1], users=f"{users:,}", model=model)
    table = Table(title=title, title_justify="left")
    table.add_column(t("evaluate.system"))
    for name in _MEASURES:
        table.add_column(t(f"evaluate.{name}"), justify="right")
    median = measures.groupby(level="system", sort=False).median()
    for system, row in median.iterrows():
        table.add_row(
            t(f"evaluate.system_{str(system).lower()}"), *(_number(row[name]) for name in _MEASURES)
        )
    console = Console(width=150)
    console.print(table)
    console.print(t("evaluate.legend"))
    console.print(t("evaluate.stability", **_numbers(stability.median().to_dict())))


def print_nights(lived: Relived, *, users: int, days: int, model: str) -> None:
    """Print what the steadied list means to a counselor, beside the bare levels.

    Parameters
    ----------
    lived : Relived
        The nights.
    users, days : int
        People and nights.
    model : str
        Language model that read the texts.
    """
    from aura_engine.demo.evaluation.burden import burden

    title = t("evaluate.nights", users=f"{users:,}", days=days, model=model)
    table = Table(title=title, title_justify="left")
    table.add_column(t("evaluate.figure"))
    table.add_column(t("evaluate.listed_people"), justify="right")
    table.add_column(t("evaluate.bare_levels"), justify="right")
    both = [
        asdict(burden(lists, lived.onset, lived.at_risk)) for lists in (lived.listed, lived.bare)
    ]
    both[0]["jitter_renewal"] = lived.jitter_renewal
    both[1]["jitter_renewal"] = lived.jitter_renewal_bare
    for name in (*_PARTS, "jitter_renewal"):
        cells = [
            f"{figures[name]:.1%}" if name in _SHARES else _number(figures[name])
            for figures in both
        ]
        table.add_row(t(f"evaluate.{name}"), *cells)
    Console(width=110).print(table)


def _number(value: float) -> str:
    return "—" if np.isnan(value) else f"{value:.3f}"


def _numbers(figures: dict[str, float]) -> dict[str, str]:
    return {name: _number(value) for name, value in figures.items()}
