"""Reading the window's texts with a new language model, newest first, until it can take over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aura_engine.logs import get_logger
from aura_engine.nlp import concrete
from aura_engine.pipeline.context import PipelineContext
from aura_engine.pipeline.reader import TextReader, unread_pages
from aura_engine.store.failures import store_errors
from aura_engine.store.model_versions import text_revision_in_use
from aura_engine.store.texts import count_unscored

log = get_logger(__name__)

PAGE: Final = 256
"""Texts read between two looks at whether to stop: some seconds without a GPU."""


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """How far a new language model is.

    Attributes
    ----------
    revision : str
        Of its weights.
    scored : int
        Texts it scored in this reading.
    unread : int
        Texts of the window that it has yet to read; those that are gone from their source count
        until the next run.
    ended : bool
        Whether it has been through the window, so that the next run can change to it.
    """

    revision: str
    scored: int
    unread: int
    ended: bool


def read_ahead(context: PipelineContext, *, stop: Callable[[], bool]) -> ReadAhead | None:
    """Score texts that the configured model has not read, while another one is in use.

    The active version and its scores stay as they are; what was scored stays stored whenever it
    ends.

    Parameters
    ----------
    context : PipelineContext
        Databases and language model.
    stop : callable
        Asked between pages; True ends the reading for now.

    Returns
    -------
    ReadAhead or None
        None where there is nothing to read ahead: no model, none in use yet, or the same one.

    Raises
    ------
    ModelError, SourceError, StoreError
        If the model or a database fails, or the configured model would be a step down.
    """
    with store_errors():
        in_use = text_revision_in_use(context.store)
        if context.scorer is None or in_use is None:
            return None
        scorer = concrete(context.scorer)
        if scorer.revision == in_use:
            return None
        context.require_no_step_down(in_use)
        reader = TextReader(context.store, scorer)
        as_of = context.clock()
        since = context.since(as_of)
        ended = True
        for words in unread_pages(
            context.store,
            context.sources,
            context.text_key,
            since=since,
            as_of=as_of,
            revision=reader.revision,
            page=PAGE,
        ):
            reader.read(words)
            if stop():
                ended = False
                break
        unread = count_unscored(context.store, since=since, as_of=as_of, revision=reader.revision)
    log.info(
        "language_model_read_ahead", revision=reader.revision, scored=reader.scored, unread=unread
    )
    return ReadAhead(reader.revision, reader.scored, unread, ended)
