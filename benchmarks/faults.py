"""``./aura bench faults``: each fault that is to be survived, done for real, and what it cost."""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from aura_engine.sources import Source
from aura_engine.store.queue import retry
from benchmarks.faults_away import Absence, shut, swallowed
from benchmarks.faults_killed import killed
from benchmarks.faults_links import terminated, unheard
from benchmarks.faults_order import STEPS, WRITERS, interleaved
from benchmarks.faults_schedulers import (
    OPEN_RUNS,
    STATUS,
    TWICE,
    Schedulers,
    killed_half_way,
    replaced,
)
from benchmarks.faults_site import FaultSite, fault_site, seconds_until
from benchmarks.measuring import print_figures
from benchmarks.triggers import BULK
from benchmarks.triggers_load import seconds_of
from benchmarks.triggers_notifications import notifications
from benchmarks.triggers_site import messaging_site

CAUGHT_UP_SECONDS: Final = 5.0
NOTICED_SECONDS: Final = {"swallowed": 15.0, "shut": 10.0}
UNHEARD_SECONDS: Final = 3.0
BULK_RATIO: Final = 1.6
TAKEN_OVER_SECONDS: Final = 10.0
STEPS_A_RUN: Final = 16


@dataclass(frozen=True)
class Survived:
    """How one fault ended.

    Attributes
    ----------
    said : str
        Its figures.
    is_within : bool
        Whether they are within the limits.
    lost, duplicates : int
        What is missing in the end, and what happened twice.
    """

    said: str
    is_within: bool = True
    lost: int = 0
    duplicates: int = 0

    @property
    def has_passed(self) -> bool:
        """Whether it was survived as promised."""
        return self.is_within and not self.lost and not self.duplicates


def main() -> None:
    """Do all faults, print what each gave, and the figures."""
    parser = argparse.ArgumentParser(prog="./aura bench faults", description=__doc__)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--writes", type=int, default=10_000, help="while sessions are ended")
    parser.add_argument("--rate", type=float, default=60.0, help="changes a second")
    parser.add_argument("--runs", type=int, default=1_000, help="interleavings of transactions")
    parser.add_argument("--kills", type=int, default=20, help="of the process that scores")
    parser.add_argument("--away", type=float, default=120.0, help="seconds without a source")
    parser.add_argument("--leaders", type=int, default=5, help="schedulers that are killed")
    parser.add_argument("--rows", type=int, default=1_000_000, help="updated by one statement")
    parser.add_argument("--only", nargs="+", type=int, help="numbers of some faults")
    options = parser.parse_args()
    with fault_site(options.people) as site:
        rate = options.rate
        faults: dict[str, Callable[[], Survived]] = {
            "1 sessions ended": lambda: _terminated(site, options.writes, rate),
            "2 bytes swallowed": lambda: _absent("swallowed", swallowed(site, seconds=30)),
            "3 nothing heard": lambda: _unheard(site, max(60, options.writes // 10), rate / 3),
            "4 commits out of order": lambda: _interleaved(site, options.runs),
            "5 killed while scoring": lambda: _killed(site, options.kills, rate / 2),
            "6 a source away": lambda: _absent("shut", shut(site, seconds=options.away)),
            "7 a huge statement": lambda: _bulk(options.rows),
            "8 a leader killed": lambda: _replaced(site, options.leaders),
            "9 a run killed half-way": lambda: _half_way(site),
        }
        ended = [
            _done(name, fault)
            for number, (name, fault) in enumerate(faults.items(), start=1)
            if options.only is None or number in options.only
        ]
    print_figures(
        {
            "passed": sum(one.has_passed for one in ended),
            "failed": sum(not one.has_passed for one in ended),
            "lost": sum(one.lost for one in ended),
            "duplicates": sum(one.duplicates for one in ended),
        }
    )


def _done(name: str, fault: Callable[[], Survived]) -> Survived:
    began = time.monotonic()
    try:
        ended = fault()
    except RuntimeError as error:  # something never came: the others are done all the same
        ended = Survived(str(error), is_within=False)
    verdict = "passed" if ended.has_passed else "FAILED"
    print(f"{name:24} {verdict}  {ended.said}  ({time.monotonic() - began:.0f} s)", flush=True)
    return ended


def _terminated(site: FaultSite, writes: int, rate: float) -> Survived:
    count, longest, lost = terminated(site, writes=writes, rate=rate)
    said = (
        f"{writes:,} writes, {count} sessions ended, caught up {longest:.2f} s after their return "
        f"at most, {lost} lost"
    )
    return Survived(said, longest <= CAUGHT_UP_SECONDS and count > 0, lost)


def _absent(kind: str, absence: Absence) -> Survived:
    said = (
        f"noticed after {absence.noticed:.1f} s, others scored after {absence.others:.1f} s at "
        f"most, {absence.waited} waited, all scored {absence.healed:.1f} s after its return, "
        f"{absence.lost} lost"
    )
    return Survived(said, absence.noticed <= NOTICED_SECONDS[kind], absence.lost)


def _unheard(site: FaultSite, writes: int, rate: float) -> Survived:
    lag, lost = unheard(site, writes=writes, rate=rate)
    return Survived(f"p99 {lag:.2f} s by polling, {lost} lost", lag <= UNHEARD_SECONDS, lost)


def _interleaved(site: FaultSite, runs: int) -> Survived:
    draw = random.Random(1)  # noqa: S311  no secret
    skipped = twice = 0
    for _ in range(runs):
        steps = [(draw.randrange(WRITERS), draw.choice(STEPS)) for _ in range(STEPS_A_RUN)]
        some = interleaved(site.engine(Source.AUTH), steps)
        skipped, twice = skipped + some[0], twice + some[1]
    return Survived(
        f"{runs:,} runs, {skipped} skipped, {twice} read twice", lost=skipped, duplicates=twice
    )


def _killed(site: FaultSite, kills: int, rate: float) -> Survived:
    lost, duplicates = killed(site, rounds=kills, rate=rate)
    said = f"{kills} kills, {lost} people differ from a full extraction, {duplicates} effects twice"
    return Survived(said, lost=lost, duplicates=duplicates)


def _bulk(rows: int) -> Survived:
    """A reduced form of ``./aura bench triggers``."""
    with messaging_site(rows) as source:
        ratios = []
        for statement in BULK.values():
            seconds_of(source, statement)
            ratios.append(source.alternate(3, partial(seconds_of, source, statement)).ratio)
        sent = max(notifications(source, min(1_000, source.people)).values())
    said = f"{rows:,} messages updated in {max(ratios):.2f} times the time, {sent} notification"
    return Survived(said, max(ratios) <= BULK_RATIO and sent <= 1)


@contextmanager
def _schedulers(site: FaultSite) -> Iterator[Schedulers]:
    made = Schedulers(site.context.store, site.directory, site.environment())
    try:
        yield made
    finally:
        made.stop()


def _replaced(site: FaultSite, leaders: int) -> Survived:
    with _schedulers(site) as schedulers:
        leader, longest = schedulers.start("leader-0"), 0.0
        seconds_until(partial(schedulers.leads, leader))
        for number in range(1, leaders + 1):
            leader, seconds = replaced(schedulers, leader, f"leader-{number}")
            longest = max(longest, seconds)
        seconds_until(lambda: schedulers.ask(OPEN_RUNS) == 0)
        twice = int(schedulers.ask(TWICE))
    said = f"{leaders} leaders killed, the next led after {longest:.1f} s at most, {twice} twice"
    return Survived(said, longest <= TAKEN_OVER_SECONDS, duplicates=twice)


def _half_way(site: FaultSite) -> Survived:
    with _schedulers(site) as schedulers:
        leader = schedulers.start("half-way")
        seconds_until(partial(schedulers.leads, leader))
        killed = killed_half_way(schedulers, leader)
        store = site.context.store
        again = retry(store, killed.run_id, reason="bench", requested_by="bench").run_id
        seconds_until(lambda: schedulers.ask(STATUS, id=again) != "queued")
        seconds_until(lambda: schedulers.ask(OPEN_RUNS) == 0)
        is_made = schedulers.ask(STATUS, id=again) == "succeeded"
        twice = int(schedulers.ask(TWICE))
    said = (
        f"failed with a reason after {killed.seconds:.1f} s: {killed.is_failed}, former results "
        f"in view: {killed.is_readable}, made when asked again: {is_made}"
    )
    within = killed.is_failed and killed.is_readable and is_made
    return Survived(said, within, duplicates=twice)


if __name__ == "__main__":
    main()
