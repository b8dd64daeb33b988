"""``./aura doctor``: what is configured, reachable and missing, each with its mend."""

from __future__ import annotations

import typer


def doctor() -> None:
    """Check this installation; exit 1 when something that is needed is missing."""
    from aura_cli.doctor.findings import needs_mending
    from aura_cli.doctor.report import draw
    from aura_cli.doctor.survey import survey

    findings = survey()
    draw(findings)
    if needs_mending(findings):
        raise typer.Exit(1)
