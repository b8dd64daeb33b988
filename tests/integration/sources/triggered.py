"""Sources as they are in production: tables of a service's owner, written by a lesser role, read by
ours; and the triggers on them, installed by that owner, who is no superuser."""

from __future__ import annotations

import json
import secrets
import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from aura_engine.cluster import (
    Lease,
    clone_database,
    create_database,
    create_role,
    drop_database,
    ensure_template,
)
from aura_engine.demo.ddl import create_schema
from aura_engine.sources import Source
from aura_engine.sources.roles import READER_ROLE, install_reader
from aura_engine.sources.triggers import install_triggers
from tests.integration.sources.people import auth_id, messaging_id, profile_id
from tests.patience import PATIENCE

OWNER = "trigger_owner"
WRITER = "trigger_writer"
CHANNEL = "aura_data_change"
LOG = "SELECT table_name, operation, user_ref::text FROM aura_cdc.change_log ORDER BY id"

A, B, C, D = (auth_id(number) for number in range(1, 5))
ONE, TWO, NEW = (profile_id(number) for number in (1, 2, 9))
_ROW = "00000000-0000-4000-9000-{:012d}"
P1, P2, C1, K1, K2, M1, M2, F1, X1 = (_ROW.format(number) for number in range(1, 10))
NAMED: Mapping[str, str] = {
    "A": A, "B": B, "C": C, "D": D,
    "ONE": ONE, "TWO": TWO, "NEW": NEW, "U1": messaging_id(1), "U2": messaging_id(2),
    "P1": P1, "P2": P2, "C1": C1, "K1": K1, "K2": K2, "M1": M1, "M2": M2, "F1": F1, "X1": X1,
}  # fmt: skip
"""What statements of these tests name: people A to D, the profiles of A and B, rows."""

Logged = tuple[str, str, str | None]


@dataclass
class Triggered:
    """Three sources, each with engines of the superuser, the owner, a writing and our role."""

    lease: Lease
    names: dict[Source, str]
    engines: dict[tuple[Source, str | None], Engine] = field(default_factory=dict)
    is_as_furnished: bool = False

    def engine(self, source: Source, role: str | None = OWNER) -> Engine:
        if (source, role) not in self.engines:
            url = self.lease.url(self.names[source], role)
            self.engines[source, role] = create_engine(url)
        return self.engines[source, role]

    def execute(self, source: Source, *statements: str, role: str | None = WRITER) -> None:
        """Run statements in one transaction and commit it."""
        self.is_as_furnished = False
        with self.engine(source, role).begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement, NAMED)

    @contextmanager
    def trying(self, source: Source) -> Iterator[Connection]:
        """A transaction that acts as the writing role, may look at the log, and is undone."""
        with self.engine(source, None).connect() as connection:
            connection.exec_driver_sql(f"SET LOCAL ROLE {WRITER}")
            yield connection
            connection.rollback()

    def logs(self, source: Source, *statements: str) -> list[Logged]:
        """What statements of the writing role log; they are undone."""
        with self.trying(source) as connection:
            for statement in statements:
                connection.exec_driver_sql(statement, NAMED)
            connection.exec_driver_sql("RESET ROLE")
            return logged_in(connection)

    def ask(self, source: Source, statement: str, role: str | None = OWNER) -> list[Any]:
        with self.engine(source, role).connect() as connection:
            return list(connection.exec_driver_sql(statement).all())

    def logged(self, source: Source) -> list[Logged]:
        with self.engine(source).connect() as connection:
            return logged_in(connection)

    def gap(self, source: Source) -> tuple[int, bool]:
        return tuple(self.ask(source, "SELECT last_value, is_called FROM aura_cdc.gap")[0])

    def forget(self) -> None:
        """Empty the logs, so that a test sees only what it does."""
        for source in self.names:
            self.execute(source, "DELETE FROM aura_cdc.change_log", role=OWNER)

    def clear(self) -> None:
        """Empty all tables and write the few rows of :func:`furnish`, unless they are there."""
        if self.is_as_furnished:
            return
        for source in self.names:
            tables = self.ask(
                source,
                "SELECT tablename FROM pg_tables "
                "WHERE schemaname = 'public' AND tablename <> 'roles'",
            )
            self.execute(
                source,
                "SET LOCAL session_replication_role = replica",
                *(f"DELETE FROM {table}" for (table,) in tables),  # noqa: S608
                role=None,
            )
        furnish(self)
        self.forget()
        self.is_as_furnished = True

    @contextmanager
    def listening(self, source: Source) -> Iterator[Listener]:
        link = psycopg2.connect(**keywords(self.lease.url(self.names[source], WRITER)))
        link.autocommit = True
        try:
            with link.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            yield Listener(link)
        finally:
            link.close()

    def close(self) -> None:
        for engine in self.engines.values():
            engine.dispose()
        for name in self.names.values():
            drop_database(self.lease, name)


class Listener:
    """Hears the channel of one database."""

    def __init__(self, link: Any) -> None:
        self.link = link

    def heard(self) -> list[Mapping[str, Any]]:
        """Return what came since the last call; a message of our own says where that ends."""
        last = secrets.token_hex(4)
        with self.link.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", (CHANNEL, last))
        payloads: list[str] = []
        deadline = time.monotonic() + PATIENCE
        while True:
            self.link.poll()
            payloads += [notice.payload for notice in self.link.notifies]
            del self.link.notifies[:]
            if last in payloads:
                break
            assert time.monotonic() < deadline
            select.select([self.link], [], [], 1)
        return [json.loads(payload) for payload in payloads[: payloads.index(last)]]


def keywords(url: URL) -> dict[str, Any]:
    """The address as the driver's own keywords."""
    return {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
    }


def logged_in(connection: Connection) -> list[Logged]:
    """The log as a transaction sees it."""
    return [tuple(row) for row in connection.exec_driver_sql(LOG).all()]


@contextmanager
def new_triggered(lease: Lease, *, install: bool = True) -> Iterator[Triggered]:
    for role in (OWNER, WRITER, READER_ROLE):
        create_role(lease, role)
    names = {source: f"t_{source.value}_{secrets.token_hex(8)}" for source in Source}
    made = Triggered(lease, names)
    try:
        for source, name in names.items():
            template = f"template_owned_{source.value}"
            ensure_template(lease, template, lambda url, source=source: _build(url, source))
            clone_database(lease, template, name)
            create_database(lease, name, owner=OWNER)
            install_reader(made.engine(source, None), source)
            if install:
                install_triggers(made.engine(source), source)
        yield made
    finally:
        made.close()


def _build(url: URL, source: Source) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"GRANT CREATE ON SCHEMA public TO {OWNER}")
        connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
        create_schema(connection, source)
        connection.exec_driver_sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {WRITER}")


def furnish(world: Triggered) -> None:
    """Two people with a row in each table, and a third who is in another community."""
    world.execute(
        Source.AUTH,
        "INSERT INTO users (user_id, username, email, password_hash, id_role) "
        "VALUES (%(A)s, 'a', 'a', '!', 2), (%(B)s, 'b', 'b', '!', 2)",
    )
    world.execute(
        Source.SOCIAL,
        "INSERT INTO user_profiles (id, user_id) VALUES (%(ONE)s, %(A)s), (%(TWO)s, %(B)s)",
        "INSERT INTO complete_profiles (id, user_id) VALUES (%(F1)s, %(A)s)",
        "INSERT INTO posts (id, user_id, content) "
        "VALUES (%(P1)s, %(A)s, 'hola'), (%(P2)s, %(B)s, 'hola')",
        "INSERT INTO comments (id, post_id, user_id, content) VALUES (%(C1)s, %(P1)s, %(B)s, 'a')",
        "INSERT INTO friendships (requester_id, addressee_id) VALUES (%(A)s, %(B)s)",
        "INSERT INTO communities (id, creator_id, name, category) "
        "VALUES (%(K1)s, %(A)s, 'k', 'Arte'), (%(K2)s, %(A)s, 'l', 'Arte')",
        "INSERT INTO community_members (community_id, user_id) "
        "VALUES (%(K1)s, %(A)s), (%(K1)s, %(B)s), (%(K2)s, %(C)s)",
    )
    world.execute(
        Source.MESSAGING,
        "INSERT INTO users (id, profile_id, username) "
        "VALUES (%(U1)s, %(ONE)s, '1'), (%(U2)s, %(TWO)s, '2')",
        "INSERT INTO messages (id, sender_profile_id, content) "
        "VALUES (%(M1)s, %(ONE)s, 'hola'), (%(M2)s, %(TWO)s, 'hola')",
    )
