"""``./aura bridge``: what clients read over HTTP."""

from __future__ import annotations


def bridge() -> None:
    """Serve until Ctrl-C or SIGTERM."""
    from aura_cli.context import start
    from aura_cli.databases import open_analytics
    from aura_cli.installation import refuse_another_kind
    from aura_cli.orphan import end_with_parent
    from aura_cli.ports import require_free
    from ws_bridge.process import serve

    settings = start()
    if settings.auth == "none":
        settings.require_local_or_allowed()
    require_free(settings.bind_address, settings.service_port, "SERVICE_PORT")
    end_with_parent()
    with open_analytics(settings) as store:
        refuse_another_kind(settings, store)
        serve(settings, store)
