"""The sweep: time passes for everyone, and silence notifies nobody.

Everyone is judged anew by the active version: KPI 2 grows by the hour, messages and texts leave
the window. What the sources last said is stored; only the messages of those whose window moved
are counted again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from aura_engine.errors import SourceError
from aura_engine.logs import get_logger
from aura_engine.pipeline.behaviour import stored_behaviour
from aura_engine.pipeline.choice import ChosenModel
from aura_engine.pipeline.context import PipelineContext
from aura_engine.pipeline.judgement import RawKpis, judge
from aura_engine.pipeline.outcome import RunOutcome, present
from aura_engine.pipeline.rejudged import active_version, show
from aura_engine.pipeline.replay import begin
from aura_engine.sources import IdentityMap, Source
from aura_engine.sources.people import moved_senders, read_people
from aura_engine.store.activity import references_of, save_activity
from aura_engine.store.generation import sweep_generations
from aura_engine.store.rescored import messaging_through
from aura_engine.store.runs import Progress, RunRecorder, recorded_run, silent

log = get_logger(__name__)

_AT_ONCE: Final = 2_000


def run_sweep(
    context: PipelineContext, *, requested_by: str, progress: Progress = silent
) -> RunOutcome:
    """Judge everyone anew for the present, from what is stored.

    Parameters
    ----------
    context : PipelineContext
        Databases and settings.
    requested_by : str
        Who asked; goes to the run's row.
    progress : callable
        As of `run_full`.

    Raises
    ------
    RunError
        If another run goes on, or there is no model version to judge by.
    StoreError
        If the analytics database fails.
    """
    moment = present(context)
    with recorded_run(
        context.store,
        kind="sweep",
        as_of=moment,
        parameters={},
        requested_by=requested_by,
        progress=progress,
    ) as recorder:
        return SweepRun(context, moment, recorder).run()


@dataclass
class SweepRun:
    """One sweep.

    Parameters
    ----------
    context : PipelineContext
        Databases and settings.
    as_of : datetime
        Moment of the sweep.
    recorder : RunRecorder
        Its row.
    gone : set of str
        Who has no account any more.
    """

    context: PipelineContext
    as_of: datetime
    recorder: RunRecorder
    gone: set[str] = field(default_factory=set)

    def run(self) -> RunOutcome:
        """Make the sweep; see `run_sweep`."""
        started = time.monotonic()
        store, stage = self.context.store, self.recorder.stage
        sweep_generations(store)
        stored, model = active_version(store)
        chosen = ChosenModel(stored.id, model, None, None)
        revision = stored.text_revision if model.negativity_prior else None
        begun = begin(self.context, self.recorder, self.as_of)
        self.as_of = begun.as_of
        with stage("extract"):
            self._count_messages()
        with stage("kpis"), store.connect() as connection:
            activity = stored_behaviour(
                connection, revision, as_of=self.as_of, window_days=self.context.window_days
            )
        activity = activity.loc[~activity.index.isin(self.gone)]
        with stage("ensemble", len(activity)):
            kpis = RawKpis.of(chosen, activity, activity, as_of=self.as_of)
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
            announces=False,
            gone=self.gone,
        )

    def _count_messages(self) -> None:
        """Count anew the messages of whoever's window moved; without their source, later."""
        with self.context.store.connect() as connection:
            former = messaging_through(connection)
        if former is None:
            return
        try:
            moved = moved_senders(
                self.context.sources,
                former_as_of=former,
                as_of=self.as_of,
                window_days=self.context.window_days,
            )
            for start in range(0, len(moved), _AT_ONCE):
                self._count_anew(moved[start : start + _AT_ONCE])
        except SourceError as error:
            log.warning("messages_not_counted", reason=str(error))
            self.recorder.count(messaging_unread=True)

    def _count_anew(self, references: list[str]) -> None:
        with self.context.store.connect() as connection:
            pairs = references_of(connection, references)
        if pairs.empty:
            return
        people = sorted(set(pairs["user_id_raiz"]))
        read = read_people(
            self.context.sources,
            IdentityMap.known(pairs),
            {Source.MESSAGING: people},
            as_of=self.as_of,
            window_days=self.context.window_days,
            timezone=self.context.timezone,
        )
        with self.context.store.begin() as connection:
            save_activity(connection, Source.MESSAGING, read.activity, read_at=self.as_of)
