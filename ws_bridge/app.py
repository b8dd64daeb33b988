"""The application: routes, what stands before them, and what they are given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from threading import BoundedSemaphore
from typing import Final

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from sqlalchemy import Engine

from aura_engine.settings import Settings
from ws_bridge import observing
from ws_bridge.auth import Gate
from ws_bridge.deps import MAX_STREAMS
from ws_bridge.documentation import documented_app
from ws_bridge.errors import install_error_answers
from ws_bridge.guard import KnownPages, LastResort, LocalOnly, SafeAnswers
from ws_bridge.kept import KeptAnswers
from ws_bridge.limits import RateLimit, SmallBodies
from ws_bridge.routes import service, v1_clustering, v1_data_miner, v2_data, ws
from ws_bridge.sockets import Sockets

LEAST_TO_COMPRESS: Final = 1_000
"""Bytes."""
QUICK: Final = 5
"""Of gzip's nine levels: a fifth of the last one's time for some percent more bytes."""


def create_app(settings: Settings, store: Engine) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : Settings
        Name of the service, who may ask, whose web pages may read, zone of the population.
    store : Engine
        Of the analytics database, which need not be there yet; stays the caller's to dispose of.
    """
    gate = Gate.of(settings, store)
    sockets = Sockets(store, gate, frozenset(settings.cors_origins))
    app = documented_app(settings.service_name, lifespan=_live(sockets))
    app.state.settings = settings
    app.state.store = store
    app.state.gate = gate
    app.state.sockets = sockets
    app.state.rate_limit = RateLimit()
    app.state.kept = KeptAnswers()
    app.state.streams = BoundedSemaphore(MAX_STREAMS)
    install_error_answers(app)
    for part in (service, v1_data_miner, v1_clustering, v2_data, ws):
        app.include_router(part.router)
    # What is added last stands first.
    app.add_middleware(LastResort)
    app.add_middleware(SmallBodies)
    app.add_middleware(KnownPages, origins=settings.cors_origins)
    app.add_middleware(GZipMiddleware, minimum_size=LEAST_TO_COMPRESS, compresslevel=QUICK)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match", observing.HEADER],
            expose_headers=[v1_clustering.TOTAL, "ETag", "Retry-After", observing.HEADER],
        )
    if gate.is_open and not settings.allow_anonymous:
        app.add_middleware(LocalOnly)
    app.add_middleware(SafeAnswers, frames=settings.cors_origins)
    app.add_middleware(observing.Observed)
    return app


def _live(sockets: Sockets) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def live(_app: FastAPI) -> AsyncIterator[None]:
        async with sockets.following():
            yield

    return live
