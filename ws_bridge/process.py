"""The process: a server that ends in order when it is asked to."""

from __future__ import annotations

import logging
import resource
import signal
from types import FrameType
from typing import Final

import uvicorn
from sqlalchemy import Engine

from aura_engine.logs import get_logger
from aura_engine.settings import SAFE_SECRET_BYTES, Settings
from ws_bridge.app import create_app
from ws_bridge.protocol import Protocol

log = get_logger(__name__)

PING_SECONDS: Final = 20
PONG_SECONDS: Final = 10
"""A socket whose other end has not answered for so long is dead, 30 s after it last was not."""
MOST_FROM_A_CLIENT: Final = 16_384
"""Bytes of a message; clients say little more than a token."""
MOST_FILES: Final = 65_536
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
    _allow_many_files()
    server = uvicorn.Server(server_config(settings, store))

    def end(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # While it runs the server has handlers of its own; it hands the signal on when it has ended,
    # and what opened the store must be closed then too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    if settings.allow_anonymous and settings.auth == "none":
        log.warning("anonymous_reading_allowed", address=settings.bind_address)
    if settings.auth == "jwt" and settings.has_weak_secret:
        log.warning("jwt_secret_is_short", least_bytes=SAFE_SECRET_BYTES)
    if settings.auth == "none" and (settings.jwt_secret or settings.trusted_clients):
        log.warning("access_settings_unused", settings="AURA_JWT_SECRET, AURA_TRUSTED_CLIENTS")
    log.info("bridge_started", address=settings.bind_address, port=settings.service_port)
    server.run()
    log.info("bridge_stopped")


def _allow_many_files() -> None:
    """Let there be as many sockets as the system allows; each is an open file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


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
        ws=Protocol,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PONG_SECONDS,
        ws_max_size=MOST_FROM_A_CLIENT,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
