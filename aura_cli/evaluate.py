"""``./aura evaluate``: how well planted risk is found, and what a counselor would live through."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from aura_engine.i18n import t

if TYPE_CHECKING:
    from aura_engine.nlp import TextScorer
    from aura_engine.settings import Settings


def evaluate(
    users: Annotated[int, typer.Option(min=500, help=t("cli.help_users"))] = 5_000,
    seed: Annotated[int, typer.Option(min=0, help=t("cli.help_evaluate_seed"))] = 10,
    replay: Annotated[
        int | None, typer.Option(min=14, max=59, help=t("cli.help_evaluate_replay"))
    ] = None,
) -> None:
    """Make populations in memory whose risk is known, judge them, print tables and a JSON line."""
    from aura_cli.context import start
    from aura_cli.language import demo_scorer
    from aura_engine.settings import refuse_production

    settings = start(quiet=True)
    refuse_production(settings, "evaluate")
    scorer = demo_scorer(settings)
    if replay is None:
        figures = _compare(settings, scorer, seed=seed, users=users)
    else:
        figures = _relive(settings, scorer, seed=seed, users=users, days=replay)
    plain = {name: round(value, 4) if isfinite(value) else None for name, value in figures.items()}
    typer.echo(json.dumps(plain, allow_nan=False))


def _compare(settings: Settings, scorer: TextScorer, *, seed: int, users: int) -> dict[str, float]:
    from aura_cli.evaluate_tables import print_measures
    from aura_cli.progress import steps
    from aura_engine.demo.evaluation.evaluate import SEEDS, evaluate, headline

    seeds = range(seed, seed + SEEDS)
    with steps() as shown:
        measures, stability = evaluate(
            seeds,
            users,
            scorer,
            zone=settings.zone,
            window_days=settings.window_days,
            on_seed=lambda done, total: shown.whole("evaluate_seeds", done, total),
        )
    print_measures(measures, stability, users=users, model=scorer.name)
    return headline(measures)


def _relive(
    settings: Settings, scorer: TextScorer, *, seed: int, users: int, days: int
) -> dict[str, float]:
    from aura_cli.evaluate_tables import print_nights
    from aura_cli.progress import steps
    from aura_engine.demo.evaluation.burden import headline
    from aura_engine.demo.evaluation.nights import relive

    with steps() as shown:
        lived = relive(
            seed,
            users,
            scorer,
            days=days,
            zone=settings.zone,
            window_days=settings.window_days,
            on_night=lambda done, total: shown.whole("evaluate_nights", done, total),
        )
    print_nights(lived, users=users, days=days, model=scorer.name)
    return headline(lived)
