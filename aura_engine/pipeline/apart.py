"""Demo and production never mix: no run of production reads people who are made up."""

from __future__ import annotations

from sqlalchemy import text

from aura_engine.errors import SettingsError
from aura_engine.i18n import t
from aura_engine.pipeline.context import PipelineContext
from aura_engine.sources import Source, Sources
from aura_engine.sql import load_queries
from aura_engine.store.installation import read_installation


def require_own_sources(context: PipelineContext) -> None:
    """Check, where the analytics database is production's, that no source is the demo's.

    Raises
    ------
    SettingsError
        If one holds the demo's mark; names its variable.
    SourceError
        If a source does not answer.
    """
    installation = read_installation(context.store)
    if installation is not None and installation.kind == "production":
        for source in Source:
            refuse_demo_source(context.sources, source)


def refuse_demo_source(sources: Sources, source: Source) -> None:
    """Check that a source is not one of the demo's; raises as `require_own_sources` does."""
    with sources.reading(source) as connection:
        is_marked = connection.scalar(text(load_queries("demo")["is_marked"]))
    if is_marked:
        raise SettingsError(t("settings.demo_source", variable=source.variable))
