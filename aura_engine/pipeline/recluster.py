"""Reclustering: new clusters on the KPIs that are in view; the sources are not asked."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from aura_engine.domain import KPI_COLUMNS
from aura_engine.pipeline.choice import ChosenModel, FormerModel, definitions, save_fitted
from aura_engine.pipeline.context import PipelineContext
from aura_engine.pipeline.judgement import RawKpis, judge
from aura_engine.pipeline.outcome import RunOutcome, present
from aura_engine.pipeline.rejudged import active_version, show
from aura_engine.pipeline.replay import begin
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.store.generation import sweep_generations
from aura_engine.store.model_versions import discard_models
from aura_engine.store.rescored import stored_kpis
from aura_engine.store.runs import Progress, RunRecorder, recorded_run, silent


@dataclass(frozen=True, slots=True)
class ReclusterParameters:
    """What a reclustering may be asked for.

    Parameters
    ----------
    n_clusters : int, optional
        Clusters of K-Means, 2 to 10; as the active version when not given.
    contamination : float, optional
        Share that the forest calls anomalous; as the active version when not given.
    """

    n_clusters: int | None = None
    contamination: float | None = None


def run_recluster(
    context: PipelineContext,
    parameters: ReclusterParameters,
    *,
    requested_by: str,
    progress: Progress = silent,
) -> RunOutcome:
    """Fit the detectors anew on the KPIs in view, and show what they say.

    Parameters
    ----------
    context : PipelineContext
        Databases and settings.
    parameters : ReclusterParameters
        What was asked for.
    requested_by : str
        Who asked; goes to the run's row.
    progress : callable
        As of `run_full`.

    Raises
    ------
    RunError
        If another run goes on, there is nothing in view, or too few people show enough.
    StoreError
        If the analytics database fails.
    """
    moment = present(context)
    with recorded_run(
        context.store,
        kind="recluster",
        as_of=moment,
        parameters=asdict(parameters),
        requested_by=requested_by,
        progress=progress,
    ) as recorder:
        return ReclusterRun(context, moment, parameters, recorder).run()


@dataclass
class ReclusterRun:
    """One reclustering.

    Parameters
    ----------
    context : PipelineContext
        Databases and settings.
    as_of : datetime
        Moment of the run; the KPIs keep theirs.
    asked : ReclusterParameters
        What was asked for.
    recorder : RunRecorder
        Its row.
    """

    context: PipelineContext
    as_of: datetime
    asked: ReclusterParameters
    recorder: RunRecorder

    def run(self) -> RunOutcome:
        """Make the run; see `run_recluster`."""
        started = time.monotonic()
        store, stage = self.context.store, self.recorder.stage
        sweep_generations(store)
        discard_models(store)
        stored, former = active_version(store)
        with stage("kpis"), store.connect() as connection:
            begun = begin(self.context, self.recorder, self.as_of)
            self.as_of = begun.as_of
            found = stored_kpis(connection)
        parameters: dict[str, Any] = definitions(
            stored,
            n_clusters=self.asked.n_clusters,
            contamination=self.asked.contamination,
            window_days=self.context.window_days,
            timezone=self.context.timezone,
        )
        with stage("ensemble", len(found)):
            raw = found[list(KPI_COLUMNS)]
            model = ScoringModel.fit_kpis(
                raw,
                night_prior=former.night_prior,
                negativity_prior=former.negativity_prior,
                n_clusters=parameters["n_clusters"],
                contamination=parameters["contamination"],
            )
            model_id = save_fitted(
                store,
                model,
                fitted_at=self.as_of,
                parameters=parameters,
                text_revision=stored.text_revision,
                reason="requested",
            )
            before = FormerModel(former, stored.text_revision)
            chosen = ChosenModel(model_id, model, before, "requested")
            kpis = RawKpis(raw, raw, found["extraction_date"])
            with store.connect() as connection:
                judgement = judge(connection, chosen, kpis, as_of=self.as_of)
        return show(
            self.context,
            self.recorder,
            judgement,
            chosen=chosen,
            begun=begun,
            text_revision=stored.text_revision,
            started=started,
            announces=True,
        )
