"""The process: a server that ends in order when it is asked to."""

from __future__ import annotations

import logging
import signal
from types import FrameType
from typing import Final

import uvicorn
from sqlalchemy import Engine

from aura_engine.logs import get_logger
from aura_engine.settings import Settings
from ws_bridge.app import create_app

log = get_logger(__name__)

STOP_SECONDS: Final = 5
"""How long answers that are on their way get to end."""


def serve(settings: Settings, store: Engine) -> None:
    """Answer until SIGINT or SIGTERM.

    Parameters
    ----------
    settings : Settings
        Address, port, and what `create_app` takes of them.
    store : Engine
        Of the analytics database; stays the caller's to dispose of.
    """
    server = uvicorn.Server(server_config(settings, store))

    def end(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # While it runs the server has handlers of its own; it hands the signal on when it has ended,
    # and what opened the store must be closed then too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    if settings.allow_anonymous:
        log.warning("anonymous_reading_allowed", address=settings.bind_address)
    log.info("bridge_started", address=settings.bind_address, port=settings.service_port)
    server.run()
    log.info("bridge_stopped")


def server_config(settings: Settings, store: Engine) -> uvicorn.Config:
    """Return how the server runs: no access log, whose addresses would name people.

    Parameters
    ----------
    settings : Settings
        Address and port.
    store : Engine
        Of the analytics database.
    """
    return uvicorn.Config(
        create_app(settings, store),
        host=settings.bind_address,
        port=settings.service_port,
        log_config=None,
        log_level=max(logging.WARNING, logging.getLogger().level),
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=STOP_SECONDS,
    )
