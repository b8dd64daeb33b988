"""From where on a source's changes are followed: from before the first run reads it."""

from __future__ import annotations

from dataclasses import asdict

from aura_engine.errors import SourceError
from aura_engine.logs import get_logger
from aura_engine.pipeline.context import PipelineContext
from aura_engine.sources import Source
from aura_engine.sources.changes import current_position
from aura_engine.store.change_cursors import begin_cursor, cursors

log = get_logger(__name__)


def begin_cursors(context: PipelineContext) -> None:
    """Note where the logs that nobody follows yet stand, before a run reads the sources.

    What is logged from here on is scored when somebody follows; a source without triggers is left
    out, and so is one that does not answer, which the run itself will say.

    Parameters
    ----------
    context : PipelineContext
        Databases.
    """
    with context.store.connect() as connection:
        known = cursors(connection)
    for source in Source:
        if source.value in known:
            continue
        try:
            position = current_position(context.sources, source)
        except SourceError as error:
            log.warning("log_not_found", source=source.value, reason=str(error))
            continue
        if position is not None:
            with context.store.begin() as connection:
                begin_cursor(connection, source.value, asdict(position))
