"""``./aura sources``: the three databases that runs read."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from aura_cli import sources_triggers
from aura_engine.i18n import t

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("check", help=t("check.help_check"))
def check(
    as_json: Annotated[bool, typer.Option("--json", help=t("check.help_json"))] = False,
) -> None:
    """Print one page on the sources; exit 1 when something keeps a run from being made."""
    from rich.console import Console

    from aura_cli.context import start
    from aura_cli.databases import open_databases, open_names
    from aura_cli.installation import kind_of
    from aura_cli.sources_page import draw
    from aura_engine.pipeline.context import utc_now
    from aura_engine.sources import connect_sources
    from aura_engine.sources.check import check_sources

    settings = start(quiet=True)
    is_demo = kind_of(settings) == "demo"
    with (
        open_databases(settings) as urls,
        connect_sources(urls) as sources,
        open_names(settings) as names,
    ):
        report = check_sources(
            sources,
            window_days=settings.window_days,
            timezone=settings.timezone,
            clock=utc_now,
            is_demo=is_demo,
            names=names,
        )
    draw(report, settings.timezone, Console(highlight=False), is_demo=is_demo)
    if as_json:
        typer.echo(json.dumps(report.as_dict(), ensure_ascii=False))
    if not report.is_fit:
        raise typer.Exit(1)


app.command("install-triggers", help=t("triggers.help_install"))(sources_triggers.install)
app.command("uninstall-triggers", help=t("triggers.help_uninstall"))(sources_triggers.uninstall)
