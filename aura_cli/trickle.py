"""``./aura trickle``: the demo's people go on living while ``./aura demo`` serves them."""

from __future__ import annotations


def trickle() -> None:
    """Write small changes into the demo's sources until Ctrl-C or SIGTERM."""
    import signal
    import threading

    from aura_cli.context import start
    from aura_cli.databases import tended
    from aura_cli.orphan import end_with_parent
    from aura_engine.demo.plan import DemoPlan
    from aura_engine.demo.site import DemoSite
    from aura_engine.demo.trickle import Trickle
    from aura_engine.errors import DemoError
    from aura_engine.i18n import t
    from aura_engine.pipeline.context import utc_now
    from aura_engine.settings import refuse_production

    settings = start()
    refuse_production(settings, "trickle")
    end_with_parent()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    site = DemoSite.at(settings.data_dir, settings.cluster_dir)
    plan = DemoPlan.read(site.plan_file)
    if plan is None or not site.cluster.exists:
        raise DemoError(t("cli.no_demo_data", path=settings.cluster_dir))
    with site.cluster.acquire() as lease, tended(lease), site.service(lease) as service:
        Trickle(plan, service, utc_now()).run(stop, utc_now)
