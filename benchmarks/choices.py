"""Why the detectors' input is as it is: each choice against its alternatives, on planted risk.

Populations of seeds 0 to 9 and of four mixes of personas; `./aura evaluate` reports on others. The
truth is used here and in evaluations only: nothing of it reaches the engine.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Final
from unittest.mock import patch
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from aura_engine import domain
from aura_engine.demo import personas
from aura_engine.demo.evaluation.evaluate import fit
from aura_engine.demo.evaluation.measures import measure
from aura_engine.demo.evaluation.planted import LAST_NIGHT, PlantedPopulation
from aura_engine.demo.evaluation.rankers import work_list
from aura_engine.demo.personas import SHARES, Persona
from aura_engine.ensemble import density, one_sided
from aura_engine.nlp import REDUCED_MODEL, load_scorer
from aura_engine.pipeline import scoring
from benchmarks.measuring import print_figures

ZONE: Final = ZoneInfo("America/Mexico_City")
SHOWN: Final = ("average_precision", "recall_top10", "recall", "precision", "f1",
                "healthy_outliers_flagged")  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """Constants of the engine for one trial; the defaults are the engine's own."""

    usual_share: float = domain.USUAL_SHARE
    typical_excesses: float = one_sided.TYPICAL_EXCESSES
    knee_slack: float = density.KNEE_SLACK
    weights: tuple[float, ...] = domain.KPI_WEIGHTS

    @contextmanager
    def made(self) -> Iterator[None]:
        """Let the engine work by this choice meanwhile."""
        with ExitStack() as stack:
            for module, name, value in (
                (domain, "USUAL_SHARE", self.usual_share),
                (one_sided, "TYPICAL_EXCESSES", self.typical_excesses),
                (density, "KNEE_SLACK", self.knee_slack),
                (scoring, "KPI_WEIGHTS", self.weights),
            ):
                stack.enter_context(patch.object(module, name, value))
            yield


LINEAR: Final = 1e6
"""So many typical excesses that the logarithm is a straight line."""
CHOICES: Final[Mapping[str, Choice]] = {
    "as it is": Choice(),
    "linear, over the median, at the knee": Choice(50.0, LINEAR, 1.0),
    "excess over the median": Choice(usual_share=50.0),
    "excess over what 70 % stay below": Choice(usual_share=70.0),
    "linear excess": Choice(typical_excesses=LINEAR),
    "logarithm from 2 typical excesses on": Choice(typical_excesses=2.0),
    "eps at the knee": Choice(knee_slack=1.0),
    "eps 1.4 x the knee": Choice(knee_slack=1.4),
    "all weights 1": Choice(weights=(1, 1, 1, 1, 1, 1)),
    "profile weighs 0.25": Choice(weights=(1, 1, 1, 0.25, 1, 1)),
    "night weighs 0.5": Choice(weights=(1, 1, 0.5, 0.5, 1, 1)),
    "communities weigh 0.5": Choice(weights=(1, 1, 1, 0.5, 1, 0.5)),
}


def mix(**changed: float) -> Mapping[Persona, float]:
    """Return shares of personas with some multiplied; the ordinary make up for it."""
    shares = {p: share * changed.get(p.value, 1.0) for p, share in SHARES.items()}
    shares[Persona.ORDINARY] += 1.0 - sum(shares.values())
    return MappingProxyType(shares)


MIXES: Final[Mapping[str, Mapping[Persona, float]]] = {
    "the demo's": SHARES,
    "half the risk": mix(isolated=0.5, withdrawing=0.5, in_distress=0.5),
    "twice as many awake at night": mix(night_bound=2.0),
    "few isolated, more in distress": mix(isolated=1 / 3, in_distress=5 / 3),
}


def main() -> None:
    """Print a table of medians over seeds for each mix and choice."""
    arguments = argparse.ArgumentParser(prog="./aura bench choices")
    arguments.add_argument("--users", type=int, default=3_000)
    arguments.add_argument("--seeds", type=int, default=10)
    asked = arguments.parse_args()
    scorer = load_scorer(REDUCED_MODEL)
    rows: dict[tuple[str, str, int], dict[str, float]] = {}
    for named, shares in MIXES.items():
        for seed in range(asked.seeds):
            with patch.object(personas, "SHARES", shares):
                people = PlantedPopulation(seed, asked.users, scorer, zone=ZONE, window_days=90)
            as_of = people.night(LAST_NIGHT)
            activity = people.extraction(as_of).activity
            truth = people.truth(as_of).reindex(activity.index)
            for name, choice in CHOICES.items():
                with choice.made():
                    model = fit(activity, as_of)
                    told = work_list(model, model.kpis(activity, as_of=as_of))
                rows[name, named, seed] = asdict(measure(told, truth))
    measures = pd.DataFrame.from_dict(rows, orient="index")
    measures.index = pd.MultiIndex.from_tuples(measures.index, names=["choice", "mix", "seed"])
    _show(measures, users=asked.users, seeds=asked.seeds)


def _show(measures: pd.DataFrame, *, users: int, seeds: int) -> None:
    by_mix = measures.groupby(["choice", "mix"], sort=False)[list(SHOWN)].median()
    table = Table(title=f"Work list; means over {len(MIXES)} mixes of medians over {seeds} seeds, "
                  f"{users:,} people each", title_justify="left")  # fmt: skip
    table.add_column("choice")
    for name in SHOWN:
        table.add_column(name.replace("_", " "), justify="right")
    for named in MIXES:
        table.add_column(f"AP, {named}", justify="right")
    over_mixes = by_mix.groupby(level="choice", sort=False).mean()
    for choice, row in over_mixes.iterrows():
        of_mix = by_mix.loc[choice, "average_precision"]
        table.add_row(
            str(choice), *(f"{row[name]:.3f}" for name in SHOWN), *(f"{v:.3f}" for v in of_mix)
        )
    Console(width=170).print(table)
    best = over_mixes["average_precision"] + over_mixes["f1"]
    print_figures(
        {
            "average_precision": float(over_mixes.loc["as it is", "average_precision"]),
            "f1": float(over_mixes.loc["as it is", "f1"]),
            "rank_of_the_choice": float(np.count_nonzero(best > best["as it is"]) + 1),
        }
    )


if __name__ == "__main__":
    main()
