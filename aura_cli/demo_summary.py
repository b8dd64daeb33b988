"""What the demo's run found, for people: who is where, and how long each stage took."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.pipeline import STAGES, RunOutcome
from aura_engine.store.access import SYSTEM
from aura_engine.store.connect import reading
from aura_engine.store.reads import LevelCount, distribution, risk_list

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
    console.print(_levels(counts))
    console.print(_personas(truth, pd.Series(level_of)))
    console.print(_times(outcome, nights))
    console.print(t("cli.demo_model", model=outcome.text_model or t("cli.without_nlp")))


def _levels(counts: dict[RiskLevel, LevelCount]) -> Table:
    everyone = sum(count.people for count in counts.values())
    table = Table(title=t("cli.summary_levels"), title_justify="left")
    for column in ("level", "people", "share", "insufficient", "stopped_showing"):
        table.add_column(
            t(f"cli.summary_{column}"), justify="left" if column == "level" else "right"
        )
    for level, count in counts.items():
        table.add_row(
            t(f"levels.{level}"),
            str(count.people),
            f"{count.people / everyone:.1%}",
            str(count.insufficient),
            str(count.stopped_showing),
        )
    return table


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


def _times(outcome: RunOutcome, nights: Sequence[RunOutcome]) -> Table:
    table = Table(title=t("cli.summary_times"), title_justify="left")
    table.add_column(t("cli.summary_stage"))
    table.add_column(t("cli.summary_last_run"), justify="right")
    table.add_column(t("cli.summary_nights", nights=len(nights)), justify="right")
    for stage in STAGES:
        replayed = sum(night.seconds[stage] for night in nights)
        table.add_row(
            t(f"cli.stage_{stage}"), f"{outcome.seconds[stage]:.2f} s", f"{replayed:.1f} s"
        )
    return table
