"""Sources with a few named people, read with the role that reveals an identity."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import URL, Engine, create_engine, text

from aura_engine.cluster import Lease, clone_database, create_role, drop_database, ensure_template
from aura_engine.sources import NameSources, Source, connect_names
from aura_engine.sources.roles import IDENTITY_ROLE, IDENTITY_SOURCES, install_identity_reader
from tests.integration.sources.conftest import build_schema


@dataclass(frozen=True)
class Named:
    """Both sources: written as their owner, read with the installed role."""

    owners: dict[Source, Engine]
    names: NameSources

    def engine(self, source: Source) -> Engine:
        """Return the engine that connects as the role."""
        return self.names.auth if source is Source.AUTH else self.names.social

    def execute(self, source: Source, statement: str, **values: object) -> None:
        with self.owners[source].begin() as connection:
            connection.execute(text(statement), values)

    def add(self, user: str, user_name: str, display_name: str | None = None) -> None:
        """Give somebody an account and a profile."""
        self.execute(
            Source.AUTH,
            "INSERT INTO users (user_id, username, email, password_hash, id_role)"
            " VALUES (:user, :name, :name || '@x.example', 'geheim', 2)",
            user=user,
            name=user_name,
        )
        self.execute(
            Source.SOCIAL,
            "INSERT INTO user_profiles (user_id, display_name, bio) VALUES (:user, :name, 'b')",
            user=user,
            name=display_name,
        )


@dataclass(frozen=True)
class Urls:
    auth: URL
    social: URL


@contextmanager
def new_named(lease: Lease) -> Iterator[Named]:
    create_role(lease, IDENTITY_ROLE)
    made: dict[Source, str] = {}
    for source in IDENTITY_SOURCES:
        template = f"template_named_{source.value}"
        ensure_template(lease, template, lambda url, source=source: build_schema(url, source))
        made[source] = f"t_{source.value}_{secrets.token_hex(8)}"
        clone_database(lease, template, made[source])
    owners = {source: create_engine(lease.url(name)) for source, name in made.items()}
    for source, owner in owners.items():
        install_identity_reader(owner, source)
    urls = {source.value: lease.url(name, IDENTITY_ROLE) for source, name in made.items()}
    try:
        with connect_names(Urls(**urls)) as names:
            yield Named(owners, names)
    finally:
        for owner in owners.values():
            owner.dispose()
        for name in made.values():
            drop_database(lease, name)
