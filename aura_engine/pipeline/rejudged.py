"""Runs that judge everyone by what is stored: what they start from, and how they end."""

from __future__ import annotations

from sqlalchemy import Engine

from aura_engine.errors import ArtefactError, RunError
from aura_engine.i18n import t
from aura_engine.pipeline.choice import ChosenModel
from aura_engine.pipeline.context import PipelineContext
from aura_engine.pipeline.judgement import Judgement
from aura_engine.pipeline.outcome import RunOutcome
from aura_engine.pipeline.publish import Publication, publish
from aura_engine.pipeline.reading import Reading
from aura_engine.pipeline.replay import Beginning, Replay
from aura_engine.pipeline.results import run_results
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.store.model_versions import StoredModel, active_model
from aura_engine.store.runs import RunRecorder
from aura_engine.store.texts import model_of_revision


def active_version(store: Engine) -> tuple[StoredModel, ScoringModel]:
    """Return the active version as stored, and its model.

    Raises
    ------
    RunError
        If there is none, or it cannot be read.
    """
    stored = active_model(store)
    if stored is None:
        raise RunError(t("pipeline.no_model"))
    try:
        return stored, ScoringModel.from_bytes(stored.artefact)
    except ArtefactError as error:
        raise RunError(str(error)) from error


def show(
    context: PipelineContext,
    recorder: RunRecorder,
    judgement: Judgement,
    *,
    chosen: ChosenModel,
    begun: Beginning,
    text_revision: str | None,
    started: float,
    announces: bool,
    gone: set[str] | None = None,
) -> RunOutcome:
    """Let everyone see a judgement that no text was read for, and end the run.

    Parameters
    ----------
    context : PipelineContext
        Databases and settings.
    recorder : RunRecorder
        Of the run.
    judgement : Judgement
        Of everyone.
    chosen : ChosenModel
        By which it was made.
    begun : Beginning
        What was so when the run began to read.
    text_revision : str or None
        Language model whose scores are in the KPIs.
    started : float
        When the run began, by the monotonic clock.
    announces : bool
        Whether it is told of as a clustering.
    gone : set of str, optional
        Who has no account any more; whoever is rescored meanwhile is not among them.
    """
    leaving = set(gone or ())
    results = run_results(judgement.generation, chosen.model)
    name = model_of_revision(context.store, text_revision) if text_revision else None
    revision = text_revision if chosen.model.negativity_prior else None
    replay = Replay(
        context,
        recorder.run_id,
        chosen,
        revision,
        begun.as_of,
        judgement,
        begun.after,
        before_first=leaving.difference_update,
        gone=leaving,
    )
    publication = Publication(
        chosen=chosen,
        as_of=begun.as_of,
        results=results,
        read=Reading(name, text_revision, None),
        started=started,
        announces=announces,
    )
    publish(recorder, replay, publication)
    return RunOutcome(
        recorder.run_id, begun.as_of, results, recorder.seconds, name, recorder.counts
    )
