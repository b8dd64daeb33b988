"""``./aura bench full``: a full run without texts at two sizes, in time, memory and waiting."""

from __future__ import annotations

import argparse
import resource
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from aura_engine.pipeline import PipelineContext, RunParameters, run_full
from aura_engine.pipeline.full import STAGES
from aura_engine.sources import connect_sources
from aura_engine.store.installation import ensure_installation
from benchmarks.measuring import Measured, Timed, measure, print_figures
from benchmarks.site import connected, populate, site_below, temporary_site
from benchmarks.waiting import waits_for_postgres

THROUGH: Final = datetime(2026, 3, 1, 18, tzinfo=UTC)
NIGHTS: Final = {
    "first": THROUGH - timedelta(days=1),
    "second": THROUGH,
}
"""The installation's first run, which fits a model, and the one of the night after it."""


@dataclass(frozen=True)
class Run:
    """One run at one size, measured in a process of its own."""

    people: int
    night: str
    measured: Measured

    @property
    def seconds(self) -> float:
        return self.measured.seconds

    @property
    def per_person(self) -> float:
        return self.seconds / self.people

    @property
    def outside(self) -> float:
        return 1 - float(self.measured.result["waiting"]) / self.seconds


def run_once(directory: Path, now: datetime) -> Timed:
    """Make one full run on the site of a directory, as a process of its own."""
    peaks: list[tuple[str, float]] = []

    def note_peak(stage: str, done: int, _total: int | None) -> None:
        if done == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            peaks.append((stage, peak))

    site = site_below(directory)
    with site.cluster.acquire() as lease, waits_for_postgres() as waits:
        urls = site.urls(lease)
        with connected(urls.analytics) as store, connect_sources(urls) as sources:
            ensure_installation(store, "demo")
            context = PipelineContext(
                store=store,
                sources=sources,
                scorer=None,
                text_key=secrets.token_bytes(32),
                timezone="America/Mexico_City",
                window_days=90,
                refit_days=30,
                clock=lambda: now,
            )
            before = waits.seconds
            started, computed = time.perf_counter(), time.process_time()
            outcome = run_full(context, parameters=RunParameters(skip_nlp=True), progress=note_peak)
            seconds, computed = time.perf_counter() - started, time.process_time() - computed
            waiting = waits.seconds - before
    peaks.append(("end", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
    result: dict[str, Any] = {
        "stages": outcome.seconds,
        "people": outcome.results["total_users"],
        "distribution": outcome.results["risk_distribution"],
        "waiting": waiting,
        "processor": computed,
        "peaks": peaks,
    }
    return Timed(seconds, result)


def measure_size(people: int) -> list[Run]:
    """Populate sources of one size and make both runs on them."""
    with temporary_site() as (directory, _site, lease):
        started = time.perf_counter()
        rows = populate(lease, people, through=THROUGH)
        print(f"{people:,} people: {rows:,} rows in {time.perf_counter() - started:.0f} s")
        runs = [
            Run(people, night, measure(run_once, directory, now)) for night, now in NIGHTS.items()
        ]
    for run in runs:
        if run.measured.result["people"] != people:
            raise RuntimeError(f"{run.night} run of {people} people: {run.measured.result}")
    return runs


def main() -> None:
    """Measure, print a table and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=20_000, help="people of the small size")
    parser.add_argument("--large", type=int, default=200_000, help="people of the large size")
    options = parser.parse_args()
    small, large = measure_size(options.small), measure_size(options.large)
    _print_table([*small, *large])
    print_figures(figures(small, large))


def figures(small: list[Run], large: list[Run]) -> dict[str, float]:
    """Return the figures for scripts, each of the night that looks worse."""
    pairs = list(zip(small, large, strict=True))
    growth = {
        "time a person": max(big.per_person / little.per_person for little, big in pairs),
        "peak memory": max(big.measured.peak_mb / little.measured.peak_mb for little, big in pairs),
    }
    for name, ratio in growth.items():
        print(f"{name}, {large[0].people:,} over {small[0].people:,} people: {ratio:.2f}")
    return {
        "growth_per_user_20k_200k": growth["time a person"],
        "peak_mb_200k": max(run.measured.peak_mb for run in large),
        "share_outside_postgres": max(run.outside for run in large),
    }


def _print_table(runs: list[Run]) -> None:
    columns = [f"{run.night} {run.people:,}" for run in runs]
    print(f"{'':24}" + "".join(f"{column:>17}" for column in columns))
    lines = {
        **{
            f"{stage} s": [run.measured.result["stages"][stage] for run in runs] for stage in STAGES
        },
        "all s": [run.seconds for run in runs],
        "ms a person": [1000 * run.per_person for run in runs],
        "peak MB": [run.measured.peak_mb for run in runs],
        "outside PostgreSQL": [run.outside for run in runs],
    }
    for name, values in lines.items():
        print(f"{name:24}" + "".join(f"{value:17.3f}" for value in values))


if __name__ == "__main__":
    main()
