"""What the demo's run found, for people: who is where, and how long each stage took."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from aura_cli.run_summary import levels_table, model_line, times_table
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.pipeline import RunOutcome
from aura_engine.store.access import SYSTEM
from aura_engine.store.connect import reading
from aura_engine.store.reads import distribution, risk_list

LEVELS = tuple(RiskLevel)


def print_summary(
    store: Engine, truth: pd.Series, outcome: RunOutcome, nights: Sequence[RunOutcome]
) -> None:
    """Print levels, planted personas by level, and seconds by stage to standard output.

    Parameters
    ----------
    store : Engine
        The demo's analytics database.
    truth : Series
        Planted persona by root id.
    outcome : RunOutcome
        Of the run for the present.
    nights : sequence of RunOutcome
        Of the nights that were replayed before it.
    """
    with reading(store) as connection:
        counts = distribution(connection, SYSTEM)
        level_of = {
            row["user_id_raiz"]: level
            for level in LEVELS
            for row in risk_list(connection, SYSTEM, level)
        }
    console = Console()
    console.print(t("cli.demo_label"), style="bold")
    console.print(levels_table(counts))
    console.print(_personas(truth, pd.Series(level_of)))
    console.print(times_table(outcome, nights))
    console.print(model_line(outcome))


def _personas(truth: pd.Series, level_of: pd.Series) -> Table:
    """Cross the planted personas with the levels; the product itself never sees the former."""
    crossed = pd.crosstab(truth, level_of.reindex(truth.index)).reindex(
        columns=list(LEVELS), fill_value=0
    )
    table = Table(title=t("cli.summary_personas"), title_justify="left")
    table.add_column(t("cli.summary_persona"))
    for level in LEVELS:
        table.add_column(t(f"levels.{level}"), justify="right")
    for persona, row in crossed.iterrows():
        table.add_row(t(f"personas.{persona}"), *(str(count) for count in row))
    return table
