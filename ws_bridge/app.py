"""The application: routes, what stands before them, and what they are given."""

from __future__ import annotations

from threading import BoundedSemaphore

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from sqlalchemy import Engine

from aura_engine.settings import Settings
from ws_bridge.deps import MAX_STREAMS
from ws_bridge.documentation import documented_app
from ws_bridge.errors import install_error_answers
from ws_bridge.guard import LastResort, LocalOnly, SafeAnswers
from ws_bridge.routes import later, service, v1_clustering, v1_data_miner, v2_data


def create_app(settings: Settings, store: Engine) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : Settings
        Name of the service, who may ask, whose web pages may read, zone of the population.
    store : Engine
        Of the analytics database, which need not be there yet; stays the caller's to dispose of.
    """
    app = documented_app(settings.service_name)
    app.state.settings = settings
    app.state.store = store
    app.state.streams = BoundedSemaphore(MAX_STREAMS)
    install_error_answers(app)
    for part in (service, v1_data_miner, v1_clustering, v2_data, later):
        app.include_router(part.router)
    # What is added last stands first.
    app.add_middleware(LastResort)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type"],
            expose_headers=[v1_clustering.TOTAL, "Retry-After"],
        )
    if not settings.allow_anonymous:
        app.add_middleware(LocalOnly)
    app.add_middleware(SafeAnswers)
    return app
