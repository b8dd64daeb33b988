"""``./aura demo``: a population with a history, its runs, who is where, and the servers."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from aura_engine.i18n import t

if TYPE_CHECKING:
    from aura_engine.cluster import Lease
    from aura_engine.demo.plan import DemoPlan
    from aura_engine.demo.site import DemoSite
    from aura_engine.nlp import TextScorer
    from aura_engine.pipeline import RunOutcome
    from aura_engine.settings import Settings


def demo(
    once: Annotated[bool, typer.Option("--once", help=t("cli.help_once"))] = False,
    users: Annotated[int | None, typer.Option(min=1, help=t("cli.help_users"))] = None,
    seed: Annotated[int | None, typer.Option(min=0, help=t("cli.help_seed"))] = None,
    reset: Annotated[bool, typer.Option("--reset", help=t("cli.help_reset"))] = False,
    no_trickle: Annotated[
        bool, typer.Option("--no-trickle", help=t("cli.help_no_trickle"))
    ] = False,
) -> None:
    """Make or continue the demo's data, run, and print a summary; then serve until Ctrl-C.

    While it serves, the people live on unless ``--no-trickle`` keeps the sources still. With
    ``--once`` nothing is served and the last line on standard output is JSON.
    """
    from aura_cli.context import start
    from aura_cli.demo_servers import require_free_ports, serve
    from aura_cli.language import demo_scorer
    from aura_engine.demo.site import DemoSite
    from aura_engine.settings import refuse_production

    started = time.monotonic()
    settings = start(quiet=True)
    refuse_production(settings, "demo")
    if not once:
        require_free_ports(settings)
    site = DemoSite.at(settings.data_dir, settings.cluster_dir)
    with site.exclusively():
        # Whatever can be wrong with what is asked for is found before anything is removed.
        scorer = demo_scorer(settings)
        plan = _plan(site, settings, users, seed, reset=reset)
        with site.cluster.acquire() as lease:
            outcome = _catch_up(site, lease, plan, settings, scorer)
            if not once:
                serve(settings, lease, site.urls(lease).analytics, trickles=not no_trickle)
                return
    levels = outcome.results["risk_distribution"]
    figures = {
        "users": outcome.results["total_users"],
        "alto": levels["ALTO_RIESGO"],
        "moderado": levels["RIESGO_MODERADO"],
        "bajo": levels["BAJO_RIESGO"],
        "seconds": round(time.monotonic() - started, 1),
        "nlp_model": outcome.text_model,
    }
    typer.echo(json.dumps(figures, ensure_ascii=False))


def _plan(
    site: DemoSite, settings: Settings, users: int | None, seed: int | None, *, reset: bool
) -> DemoPlan:
    """Return the plan of the data that are there, or make a new one, remove them and keep it."""
    from aura_engine.demo.plan import DemoPlan
    from aura_engine.pipeline.context import utc_now

    former = None if reset else DemoPlan.read(site.plan_file)
    if former is not None:
        former.require(users, seed, timezone=settings.timezone)
        return former
    plan = DemoPlan.new(users, seed, now=utc_now(), zone=settings.zone)
    if reset:
        site.reset()
    plan.write(site.plan_file)
    return plan


def _catch_up(
    site: DemoSite, lease: Lease, plan: DemoPlan, settings: Settings, scorer: TextScorer
) -> RunOutcome:
    """Bring the data to the present with progress on standard error, and print the summary."""
    from aura_cli.demo_summary import print_summary
    from aura_cli.progress import steps
    from aura_engine.demo.replay import DemoLife
    from aura_engine.demo.truth import read_truth
    from aura_engine.pipeline.context import open_context
    from aura_engine.store.installation import ensure_installation

    site.provision(lease)
    with (
        open_context(settings, site.urls(lease), scorer=scorer) as context,
        site.service(lease) as service,
    ):
        ensure_installation(context.store, "demo", plan.as_dict())
        life = DemoLife(plan, service, context, site.truth_file, settings.working_hours)
        with steps() as shown:
            present, nights = life.catch_up(
                on_people=lambda done, total: shown.whole("demo_people", done, total),
                on_night=lambda done, total: shown.whole("demo_nights", done, total),
                on_stage=shown.stage,
            )
        truth = read_truth(site.truth_file)["persona"]
        print_summary(context.store, truth, present, nights)
    return present
