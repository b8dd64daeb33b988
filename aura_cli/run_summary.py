"""What a run found, for people: how many are where, and how long each stage took."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from aura_engine.domain import REDUCED_LANGUAGE_MODEL, RiskLevel
from aura_engine.i18n import t
from aura_engine.pipeline import STAGES, RunOutcome
from aura_engine.store.access import SYSTEM
from aura_engine.store.connect import reading
from aura_engine.store.reads import LevelCount, distribution


def print_run(store: Engine, outcome: RunOutcome) -> None:
    """Print levels, seconds by stage and the language model to standard output."""
    with reading(store) as connection:
        counts = distribution(connection, SYSTEM)
    console = Console()
    console.print(levels_table(counts))
    console.print(times_table(outcome))
    console.print(model_line(outcome))
    for line in unread_lines(outcome):
        console.print(line)


def unread_lines(outcome: RunOutcome) -> list[str]:
    """Say how many texts no model read, and which model has yet to take over."""
    said = []
    if unread := outcome.counts.get("texts", {}).get("unread"):
        said.append(t("cli.summary_unread", unread=unread))
    if ahead := outcome.counts.get("read_ahead"):
        said.append(t("cli.summary_ahead", **ahead))
    return said


def model_line(outcome: RunOutcome) -> str:
    """Say which language model read the texts."""
    if outcome.text_model == REDUCED_LANGUAGE_MODEL:
        return t("cli.summary_reduced", model=outcome.text_model)
    return t("cli.summary_model", model=outcome.text_model or t("cli.without_nlp"))


def levels_table(counts: dict[RiskLevel, LevelCount]) -> Table:
    """Lay out how many people are at each level, and how many of them show too little."""
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


def times_table(outcome: RunOutcome, nights: Sequence[RunOutcome] = ()) -> Table:
    """Lay out the seconds of each stage; with `nights`, beside the sum over replayed nights."""
    table = Table(title=t("cli.summary_times"), title_justify="left")
    table.add_column(t("cli.summary_stage"))
    table.add_column(t("cli.summary_last_run"), justify="right")
    if nights:
        table.add_column(t("cli.summary_nights", nights=len(nights)), justify="right")
    for stage in STAGES:
        cells = [f"{outcome.seconds[stage]:.2f} s"]
        if nights:
            cells.append(f"{sum(night.seconds[stage] for night in nights):.1f} s")
        table.add_row(t(f"cli.stage_{stage}"), *cells)
    return table
