"""The full run: extract, read texts, score everyone, load a generation, flip."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import pandas as pd

from aura_engine.errors import RunError, SourceError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.pipeline.apart import require_own_sources
from aura_engine.pipeline.behaviour import with_negativity
from aura_engine.pipeline.choice import choose_model, definitions
from aura_engine.pipeline.context import PipelineContext
from aura_engine.pipeline.following import begin_cursors
from aura_engine.pipeline.judgement import RawKpis, judge
from aura_engine.pipeline.outcome import RunOutcome, present
from aura_engine.pipeline.person_texts import reader_of, synchronise_texts
from aura_engine.pipeline.population import leavers, save_population
from aura_engine.pipeline.preflight import preflight_if_first
from aura_engine.pipeline.publish import Publication, publish
from aura_engine.pipeline.reading import read_texts
from aura_engine.pipeline.replay import Replay, begin
from aura_engine.pipeline.rereading import reread
from aura_engine.pipeline.results import run_results
from aura_engine.pipeline.sweep import SweepRun
from aura_engine.sources import Extraction, Source, TextSource, extract_activity
from aura_engine.sources.people import account_ids
from aura_engine.store.change_cursors import end_resync
from aura_engine.store.generation import sweep_generations
from aura_engine.store.installation import read_installation
from aura_engine.store.model_versions import active_model, discard_models
from aura_engine.store.runs import Progress, RunRecorder, last_full_run, recorded_run, silent

log = get_logger(__name__)

MENDED_AT_ONCE: Final = 500

STAGES: Final = ("extract", "texts", "kpis", "ensemble", "load", "flip")
"""Stages of a full run in their order."""


@dataclass(frozen=True, slots=True)
class RunParameters:
    """What a full run may be asked for.

    Parameters
    ----------
    n_clusters : int, optional
        Clusters of K-Means, 2 to 10; as the active version when not given.
    contamination : float, optional
        Share that the forest calls anomalous; as the active version when not given.
    skip_nlp : bool
        Read no new text; stored scores are used.
    refit : bool
        Fit a new model version even if the active one would do.
    confirm_leaving : bool
        Go on even if more people left than a run may remove unasked.
    keep_unread : bool
        If aura_social or aura_messaging does not answer, judge everyone by what they last said
        instead of failing; who has no account any more goes all the same.
    """

    n_clusters: int | None = None
    contamination: float | None = None
    skip_nlp: bool = False
    refit: bool = False
    confirm_leaving: bool = False
    keep_unread: bool = False


def run_full(
    context: PipelineContext,
    *,
    as_of: datetime | None = None,
    parameters: RunParameters | None = None,
    requested_by: str = "aura",
    progress: Progress = silent,
) -> RunOutcome:
    """Read the sources, score everyone and make the result what everybody reads.

    Until the flip, readers see the former generation; if anything fails, they go on doing so
    and the run's row says why.

    Parameters
    ----------
    context : PipelineContext
        Databases, language model, settings.
    as_of : datetime, optional
        Moment to score for; the present when not given. A past one is only for the demo's
        replay: the sources keep no history of KPIs 1, 4 and 6.
    parameters : RunParameters, optional
        Defaults when not given.
    requested_by : str
        Who asked; goes to the run's row.
    progress : callable
        Called with stage, done and total.

    Raises
    ------
    RunError
        If another run goes on, the sources hold nobody, too few show enough, a past `as_of`
        is asked for outside the demo, or newer results are in view already.
    ConfirmationNeeded
        If more people left than a run may remove unasked.
    SourceError, StoreError, ModelError
        If a database or the language model fails.
    """
    asked = parameters or RunParameters()
    moment = as_of or present(context)
    if moment.tzinfo is None:
        raise RunError(t("pipeline.naive_as_of"))
    moment = moment.astimezone(UTC)
    if as_of is not None:
        _require_demo(context)
    require_newer(context, moment)
    with recorded_run(
        context.store,
        kind="full",
        as_of=moment,
        parameters=asdict(asked),
        requested_by=requested_by,
        progress=progress,
    ) as recorder:
        return FullRun(context, moment, asked, recorder).run()


def _require_demo(context: PipelineContext) -> None:
    installation = read_installation(context.store)
    if installation is None or installation.kind != "demo":
        raise RunError(t("pipeline.past_as_of"))


def require_newer(context: PipelineContext, as_of: datetime) -> None:
    """Stop a run that would show an earlier moment than the one in view.

    Raises
    ------
    RunError
        If it would.
    """
    active = last_full_run(context.store)
    if active is not None and as_of < active:
        raise RunError(t("pipeline.older_than_active", active=active, as_of=as_of))


@dataclass
class FullRun:
    """One full run, from the sources to the flip.

    Parameters
    ----------
    context : PipelineContext
        Databases, language model, settings.
    as_of : datetime
        Moment of the run.
    asked : RunParameters
        What was asked for.
    recorder : RunRecorder
        Its row.
    """

    context: PipelineContext
    as_of: datetime
    asked: RunParameters
    recorder: RunRecorder
    gone: set[str] = field(default_factory=set)

    def run(self) -> RunOutcome:
        """Make the run; see `run_full`."""
        started = time.monotonic()
        store, stage = self.context.store, self.recorder.stage
        sweep_generations(store)
        discard_models(store)
        with stage("extract"):
            try:
                require_own_sources(self.context)
                preflight_if_first(self.context, self.recorder)
                begin_cursors(self.context)
                begun = begin(self.context, self.recorder, self.as_of)
                self.as_of = begun.as_of
                extraction = self._extract()
            except SourceError as error:
                may_keep = self.asked.keep_unread and error.source != Source.AUTH
                if not may_keep or active_model(store) is None:
                    raise
                return self._without(str(error.source))
            self._note_leavers(extraction.activity.index)
            save_population(store, extraction, as_of=self.as_of)
        active = active_model(store)
        with stage("texts"):
            read = read_texts(
                self.context,
                self.recorder,
                extraction,
                in_use=active.text_revision if active else None,
                as_of=self.as_of,
                skip=self.asked.skip_nlp,
            )
        extracted = extraction.activity
        people = len(extracted)
        del extraction  # the identity map of everyone, which nobody asks any more
        with stage("kpis", people):
            activity = self._with_negativity(extracted, read.revision)
        with stage("ensemble", people):
            chosen = choose_model(
                store,
                active,
                activity,
                as_of=self.as_of,
                parameters=definitions(
                    active,
                    n_clusters=self.asked.n_clusters,
                    contamination=self.asked.contamination,
                    window_days=self.context.window_days,
                    timezone=self.context.timezone,
                ),
                text_revision=read.revision,
                refit_days=self.context.refit_days,
                refit=self.asked.refit,
            )
            former_activity = activity
            if chosen.former and chosen.former.text_revision != read.revision:
                former_activity = self._with_negativity(extracted, chosen.former.text_revision)
            kpis = RawKpis.of(chosen, activity, former_activity, as_of=self.as_of)
            with store.connect() as connection:
                judgement = judge(connection, chosen, kpis, as_of=self.as_of)
            results = run_results(judgement.generation, chosen.model)
        replay = Replay(
            self.context,
            self.recorder.run_id,
            chosen,
            read.revision,
            self.as_of,
            judgement,
            begun.after,
            before_first=partial(self._mend, revision=read.revision if read.through else None),
            gone=self.gone,
        )
        publication = Publication(
            chosen=chosen,
            as_of=self.as_of,
            results=results,
            read=read,
            started=started,
            is_fresh=True,
            with_flip=partial(end_resync, begun_at=begun.at),
        )
        publish(self.recorder, replay, publication)
        return RunOutcome(
            self.recorder.run_id,
            self.as_of,
            results,
            self.recorder.seconds,
            read.model,
            self.recorder.counts,
        )

    def _note_leavers(self, accounts: pd.Index[Any]) -> None:
        confirmed = self.asked.confirm_leaving
        self.gone |= set(leavers(self.context.store, accounts, confirmed=confirmed))

    def _without(self, source: str) -> RunOutcome:
        """Judge everyone by what is stored, since a source does not answer."""
        log.warning("source_not_read", run_id=self.recorder.run_id, source=source)
        self.recorder.count(unread=source)
        self._note_leavers(account_ids(self.context.sources, as_of=self.as_of))
        return SweepRun(self.context, self.as_of, self.recorder, gone=self.gone).run()

    def _extract(self) -> Extraction:
        extraction = extract_activity(
            self.context.sources,
            as_of=self.as_of,
            window_days=self.context.window_days,
            timezone=self.context.timezone,
        )
        self.recorder.count(
            people=len(extraction.activity), unresolved=extraction.unresolved.as_dict()
        )
        return extraction

    def _with_negativity(self, activity: pd.DataFrame, revision: str | None) -> pd.DataFrame:
        with self.context.store.connect() as connection:
            return with_negativity(
                connection,
                activity,
                revision,
                as_of=self.as_of,
                window_days=self.context.window_days,
            )

    def _mend(self, people: Sequence[str], *, revision: str | None) -> None:
        """Read again whoever was rescored, since this run wrote over it what it had read before.

        That is who they are, what they did, and the references of their texts; and who had an
        account when this run looked may have none any more, or the other way round.
        """
        for start in range(0, len(people), MENDED_AT_ONCE):
            part = people[start : start + MENDED_AT_ONCE]
            pairs, present = reread(self.context, part, as_of=max(self.as_of, self.context.clock()))
            self.gone -= present
            self.gone |= set(part) - present
            if revision is not None and not pairs.empty:
                synchronise_texts(
                    self.context,
                    pairs,
                    tuple(TextSource),
                    as_of=max(self.as_of, self.context.clock()),
                    revision=revision,
                    reader=reader_of(self.context, revision),
                )
