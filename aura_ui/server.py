"""The process that serves the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from aura_engine.logs import get_logger
from aura_engine.pipeline.identity import NameSources
from aura_engine.settings import LOOPBACK_NAMES, Settings
from aura_ui import databases, login
from aura_ui.warm_up import warm_up

log = get_logger(__name__)

ENTRY: Final = Path(__file__).resolve().parents[1] / "streamlit_app.py"


def serve(settings: Settings, store: Engine, names: NameSources | None = None) -> None:
    """Serve the pages until SIGINT or SIGTERM.

    Parameters
    ----------
    settings : Settings
        Address and port.
    store : Engine
        The analytics database; stays the caller's to close.
    names : NameSources, optional
        Where an identity is revealed; stays the caller's to close.
    """
    from streamlit.web.cli import main

    databases.provide(settings, store, names)
    warm_up()
    if settings.allow_anonymous:
        log.warning("anonymous_reading_allowed", address=settings.bind_address)
    # Those who sign in come through a proxy, which passes on the name that they typed.
    named = {host for host in (login.public_host(),) if host}
    hosts = ["*"] if settings.allow_anonymous else sorted(LOOPBACK_NAMES | named)
    main(
        [
            "run",
            str(ENTRY),
            f"--server.address={settings.bind_address}",
            f"--server.port={settings.ui_port}",
            *(f"--server.allowedHosts={host}" for host in hosts),
        ],
        standalone_mode=False,
    )
