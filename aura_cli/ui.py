"""``./aura ui``: the pages, until Ctrl-C or SIGTERM."""

from __future__ import annotations


def ui() -> None:
    """Serve the pages."""
    from aura_cli.context import start
    from aura_cli.databases import open_analytics, open_names
    from aura_cli.installation import refuse_another_kind
    from aura_cli.orphan import end_with_parent
    from aura_cli.ports import require_free
    from aura_ui.server import serve

    settings = start()
    settings.require_local_or_allowed()
    require_free(settings.bind_address, settings.ui_port, "AURA_UI_PORT")
    end_with_parent()
    with open_analytics(settings) as store, open_names(settings) as names:
        refuse_another_kind(settings, store)
        serve(settings, store, names)
