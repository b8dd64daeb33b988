"""Which language model reads a run's texts, and the reading of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from aura_engine.logs import get_logger
from aura_engine.nlp import TextScorer, concrete
from aura_engine.pipeline.context import PipelineContext
from aura_engine.pipeline.reader import TextReader
from aura_engine.pipeline.texts import TextSynchroniser
from aura_engine.sources import Extraction
from aura_engine.store.runs import RunRecorder
from aura_engine.store.texts import count_unscored, latest_revision, model_of_revision

log = get_logger(__name__)

MOST_UNREAD: Final = 20_000
"""Texts that a run reads with a language model that is new to it: minutes. With more unread, the
model in use stays, and the scheduler reads ahead with the new one."""


@dataclass(frozen=True, slots=True)
class Reading:
    """With what the texts behind a run's KPI 5 were read.

    Attributes
    ----------
    model : str or None
        The language model's name; None where no text was ever read.
    revision : str or None
        Of its weights.
    through : datetime or None
        Up to when texts were read by this run; None where it read none.
    """

    model: str | None
    revision: str | None
    through: datetime | None


def read_texts(
    context: PipelineContext,
    recorder: RunRecorder,
    extraction: Extraction,
    *,
    in_use: str | None,
    as_of: datetime,
    skip: bool,
) -> Reading:
    """Bring references and scores of the window up to date.

    Parameters
    ----------
    context : PipelineContext
        Databases and language model.
    recorder : RunRecorder
        Of the run.
    extraction : Extraction
        Of the run: identity and population.
    in_use : str or None
        Revision of the language model behind the active version.
    as_of : datetime
        Moment of the run.
    skip : bool
        Read no text; stored scores are used.

    Raises
    ------
    ModelError
        If the language model cannot be had or fails, or would be a step down.
    SourceError
        If a source fails.
    """
    wanted = context.scorer
    if wanted is None or skip:
        return Reading(None, in_use or latest_revision(context.store), None)
    context.require_no_step_down(in_use)
    scorer: TextScorer | None = concrete(wanted)
    revision = wanted.revision
    if in_use is not None and in_use != revision:
        unread = count_unscored(
            context.store, since=context.since(as_of), as_of=as_of, revision=revision
        )
        if unread > MOST_UNREAD:
            log.info("language_model_in_use_stays", in_use=in_use, new=revision, unread=unread)
            recorder.count(read_ahead={"revision": revision, "unread": unread})
            revision = in_use
            scorer = context.scorer_of(in_use, model_of_revision(context.store, in_use))
    tally = TextSynchroniser(
        store=context.store,
        sources=context.sources,
        identity=extraction.identity,
        people=extraction.activity.index,
        reader=TextReader(context.store, scorer) if scorer else None,
        revision=revision,
        key=context.text_key,
        since=context.since(as_of),
        as_of=as_of,
        recorder=recorder,
    ).run()
    recorder.count(texts=asdict(tally), text_backend=scorer.backend if scorer else None)
    name = scorer.name if scorer else model_of_revision(context.store, revision)
    return Reading(name, revision, as_of)
