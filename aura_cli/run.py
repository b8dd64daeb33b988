"""``./aura run``: runs of the pipeline."""

from __future__ import annotations

from typing import Annotated

import typer

from aura_engine.i18n import t

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("full", help=t("cli.help_run_full"))
def full(
    n_clusters: Annotated[
        int | None, typer.Option(min=2, max=10, help=t("cli.help_n_clusters"))
    ] = None,
    contamination: Annotated[
        float | None, typer.Option(min=0.01, max=0.5, help=t("cli.help_contamination"))
    ] = None,
    skip_nlp: Annotated[bool, typer.Option("--skip-nlp", help=t("cli.help_skip_nlp"))] = False,
    refit: Annotated[bool, typer.Option("--refit", help=t("cli.help_refit"))] = False,
    confirm_leaving: Annotated[
        bool, typer.Option("--confirm-leaving", help=t("cli.help_confirm_leaving"))
    ] = False,
) -> None:
    """Make one full run on the configured databases, or on the demo's."""
    from aura_cli.context import start
    from aura_cli.databases import open_databases
    from aura_cli.installation import check_installation
    from aura_cli.language import lazy_scorer
    from aura_cli.progress import steps
    from aura_cli.run_summary import print_run
    from aura_engine.pipeline import RunParameters, run_full
    from aura_engine.pipeline.context import open_context

    settings = start(quiet=True)
    with open_databases(settings, exclusively=True) as urls:
        scorer = None if skip_nlp else lazy_scorer(settings)
        with open_context(settings, urls, scorer=scorer) as context:
            check_installation(settings, context)
            with steps() as shown:
                outcome = run_full(
                    context,
                    parameters=RunParameters(
                        n_clusters=n_clusters,
                        contamination=contamination,
                        skip_nlp=skip_nlp,
                        refit=refit,
                        confirm_leaving=confirm_leaving,
                    ),
                    requested_by="cli",
                    progress=shown.stage,
                )
            print_run(context.store, outcome)


@app.command("retry", help=t("cli.help_run_retry"))
def retry(
    run_id: Annotated[int, typer.Argument(metavar="N", help=t("cli.help_retried"))],
    reason: Annotated[str, typer.Option("--reason", help=t("cli.help_reason"))],
) -> None:
    """Ask the scheduler once more for a run that ended badly."""
    from aura_cli.context import start
    from aura_cli.databases import open_analytics
    from aura_engine.store import migrate, queue

    settings = start(quiet=True)
    with open_analytics(settings) as store:
        migrate.require_current(store)
        request = queue.retry(store, run_id, reason=reason, requested_by="cli")
    typer.echo(t("cli.run_retried", run_id=request.run_id, former=run_id))
