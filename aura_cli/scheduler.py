"""``./aura scheduler``: makes runs when they are asked for, and every night."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aura_engine.pipeline import PipelineContext
    from aura_engine.settings import Settings


def scheduler() -> None:
    """Work until Ctrl-C or SIGTERM."""
    from aura_cli.installation import check_installation
    from aura_cli.orphan import end_with_parent
    from scheduler.language import leave_loading_behind
    from scheduler.process import serve

    with opened() as (settings, context):
        end_with_parent()
        check_installation(settings, context)
        serve(settings, context)
    leave_loading_behind()


@contextmanager
def opened() -> Iterator[tuple[Settings, PipelineContext]]:
    """Open what the scheduler and its children work with; the language model comes when asked."""
    from aura_cli.context import start
    from aura_cli.databases import open_databases
    from aura_cli.language import lazy_scorer
    from aura_engine.pipeline.context import open_context

    settings = start()
    with (
        open_databases(settings) as urls,
        open_context(settings, urls, scorer=lazy_scorer(settings)) as context,
    ):
        yield settings, context
