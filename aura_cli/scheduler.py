"""``./aura scheduler``: makes runs when they are asked for, and every night."""

from __future__ import annotations


def scheduler() -> None:
    """Work until Ctrl-C or SIGTERM."""
    from aura_cli.context import start
    from aura_cli.databases import open_databases
    from aura_cli.installation import check_installation
    from aura_cli.language import lazy_scorer
    from aura_cli.orphan import end_with_parent
    from aura_engine.pipeline.context import open_context
    from scheduler.process import serve

    settings = start()
    end_with_parent()
    with (
        open_databases(settings) as urls,
        open_context(settings, urls, scorer=lazy_scorer(settings)) as context,
    ):
        check_installation(settings, context)
        serve(settings, context)
