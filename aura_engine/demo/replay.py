"""The demo's history: people live on, and each night a full run looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from aura_engine.demo.plan import DemoPlan
from aura_engine.demo.population import Population
from aura_engine.demo.team import Team
from aura_engine.demo.truth import write_truth
from aura_engine.demo.writer import write_until
from aura_engine.pipeline import PipelineContext, RunOutcome, run_full
from aura_engine.pipeline.nightly import NIGHTLY_AT
from aura_engine.sources import Source
from aura_engine.sources.triggers import install_triggers
from aura_engine.store.runs import Progress, last_full_run, silent
from aura_engine.working_hours import WorkingHours

REPLAYED_REFIT_DAYS: Final = 21
"""Age at which a night that is gone through fits a new model version, if the setting allows more:
the history then shows one, and the present is of the same version as the nights before it."""

Steps = Callable[[int, int], None]
"""Called with the number of steps done and of all steps."""


def no_steps(_done: int, _total: int) -> None:
    """Report steps to nobody."""


def nights(plan: DemoPlan, *, until: datetime) -> list[datetime]:
    """Return the moments of the nightly runs before `until`, oldest first.

    They begin with the plan's first night and go on for as long as the demo is used.

    Parameters
    ----------
    plan : DemoPlan
        Says which night is the first, and where it is half past three.
    until : datetime
        Zone-aware.
    """
    day = plan.first_night
    moments = []
    while (moment := datetime.combine(day, NIGHTLY_AT, plan.zone)) < until:
        moments.append(moment.astimezone(until.tzinfo))
        day += timedelta(days=1)
    return moments


@dataclass(frozen=True)
class DemoLife:
    """Brings demo data up to the present: what people did, and what each night's run saw.

    Parameters
    ----------
    plan : DemoPlan
        What the data are made of.
    service : mapping of Source to Engine
        Writes the sources as the live services do.
    context : PipelineContext
        Runs with the roles and settings of a real installation.
    truth_file : Path
        Where the planted truth is kept.
    working : WorkingHours
        Of the team that looks after cases between two nights.
    """

    plan: DemoPlan
    service: Mapping[Source, Engine]
    context: PipelineContext
    truth_file: Path
    working: WorkingHours

    def catch_up(
        self,
        *,
        on_people: Steps = no_steps,
        on_night: Steps = no_steps,
        on_stage: Progress = silent,
    ) -> tuple[RunOutcome, list[RunOutcome]]:
        """Live through what is missing, run each missed night, then run for the present.

        Between two nights a team works on cases; what the last night found awaits the reader.

        What changes from then on goes through the triggers, which the history, written at a
        stroke, is spared: the run for the present knows all of it.

        It goes on where a killed process stopped: sources are only ever written up to a moment
        whose earlier nights were run.

        Parameters
        ----------
        on_people, on_night : callable
            Called with how much is done and how much there is to do.
        on_stage : callable
            Progress of the run for the present.

        Returns
        -------
        tuple of (RunOutcome, list of RunOutcome)
            Of the run for the present, and of the nights before it.
        """
        population = Population(self.plan.seed, self.plan.users, self.plan.epoch, self.plan.zone)
        now = self.context.clock()
        due = nights(self.plan, until=now)
        last = last_full_run(self.context.store)
        missed = [night for night in due if last is None or night > last]
        nightly = replace(
            self.context, refit_days=min(self.context.refit_days, REPLAYED_REFIT_DAYS)
        )
        team = Team(self.context.store, self.working)
        outcomes = []
        for number, night in enumerate(missed):
            on_night(number, len(missed))
            if last is not None:
                team.work(last)
            write_until(self.service, population, night, progress=on_people)
            outcomes.append(run_full(nightly, as_of=night, requested_by="demo", progress=on_stage))
            last = night
        on_night(len(missed), len(missed))
        write_until(self.service, population, now, progress=on_people)
        for source, owner in self.service.items():
            install_triggers(owner, source)
        write_truth(self.truth_file, population, now)
        present = run_full(self.context, requested_by="demo", progress=on_stage)
        return present, outcomes
