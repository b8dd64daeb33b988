"""The demo's history: people live night by night, and a full run looks each night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from aura_engine.demo.plan import HISTORY_DAYS, DemoPlan

REPLAYED_NIGHTS: Final = 30
NIGHTLY_AT: Final = time(3, 30)
"""Local time of the nightly run."""

NightProgress = Callable[[int, int], None]
"""Called with the number of nights done and of all nights."""


def nights(plan: DemoPlan, *, until: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the moments of the nightly runs, oldest first, that lie before `until`.

    The first comes `REPLAYED_NIGHTS` days before the end of the planned history; they go on
    for as long as the demo is used.
    """
    first = plan.epoch + timedelta(days=HISTORY_DAYS - REPLAYED_NIGHTS + 1)
    moments = []
    day = first
    while (moment := datetime.combine(day, NIGHTLY_AT, zone)) < until:
        moments.append(moment.astimezone(until.tzinfo))
        day += timedelta(days=1)
    return moments


class DemoLife:
    """Brings demo data up to the present: what people did, and what each night's run saw.

    Parameters
    ----------
    plan : DemoPlan
        What the data are made of.
    population : Population
        The same plan's people.
    service : mapping of Source to Engine
        Writes the sources as the live services do.
    context : PipelineContext
        Runs with the roles and settings of a real installation.
    zone : ZoneInfo
        Of the population.
    """

    def __init__(
        self,
        plan: DemoPlan,
        population: Population,
        service: Mapping[Source, Engine],
        context: PipelineContext,
        zone: ZoneInfo,
    ) -> None:
        self._plan = plan
        self._population = population
        self._service = service
        self._context = context
        self._zone = zone

    def catch_up(
        self,
        *,
        on_people: Callable[[int, int], None],
        on_night: NightProgress,
        on_stage: Progress,
    ) -> RunOutcome:
        """Live through what is missing, run each missed night, then run for the present.

        It goes on where a killed process stopped: sources are always written up to a moment
        whose earlier nights were run.
        """
        now = self._context.clock()
        due = nights(self._plan, until=now, zone=self._zone)
        done = succeeded_full_runs(self._context.store)
        for number, night in enumerate(due):
            on_night(number, len(due))
            self._live_until(night, on_people)
            if night not in done:
                run_full(self._context, as_of=night, requested_by="demo", progress=on_stage)
        on_night(len(due), len(due))
        self._live_until(now, on_people)
        return run_full(self._context, requested_by="demo", progress=on_stage)
