"""The doctor's findings as a table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aura_cli.doctor.findings import Finding, State, needs_mending
from aura_engine.i18n import t

_STYLES: Final = {
    State.GOOD: "green",
    State.NOTE: "dim",
    State.WARNING: "yellow",
    State.BROKEN: "bold red",
}


def draw(findings: Sequence[Finding], console: Console | None = None) -> None:
    """Write the findings by area, each problem with its mend below it, and the verdict."""
    console = console or Console(highlight=False)
    for area, members in groupby(findings, key=lambda finding: finding.area):
        table = Table(title=area, title_justify="left", show_header=False, box=None, pad_edge=False)
        table.add_column(width=1)
        table.add_column(overflow="fold", min_width=24)
        table.add_column(overflow="fold")
        for finding in members:
            table.add_row(*_row(finding))
        console.print(table)
        console.print()
    console.print(
        Text(t("cli.doctor_broken" if needs_mending(findings) else "cli.doctor_good"), "bold")
    )


def _row(finding: Finding) -> tuple[Text, Text, Text]:
    style = _STYLES[finding.state]
    detail = Text(finding.detail)
    if finding.mend:
        detail.append(f"\n→ {finding.mend}", "italic")
    return Text(finding.state.value, style), Text(finding.subject), detail
