"""Connections to the analytics database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine, create_engine

from aura_engine.store.failures import store_errors


def connect_store(url: URL, *, application_name: str = "aura") -> Engine:
    """Make the engine of the analytics database; nothing connects yet."""
    return create_engine(
        url,
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "application_name": application_name,
            "connect_timeout": 5,
            "options": "-c timezone=UTC",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
    )


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open the one REPEATABLE READ transaction in which a page or request reads.

    Raises
    ------
    StoreError
        If the database does not answer, or not a query of the caller's.
    """
    with store_errors(), engine.connect() as connection:
        connection = connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with connection.begin():
            yield connection
