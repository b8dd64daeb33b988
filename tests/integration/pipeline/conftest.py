"""A small world of each test's own: three sources, the store, and a counting language model."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import URL, Engine, create_engine, text

from aura_engine.cluster import Lease, create_role, ensure_template
from aura_engine.demo.ddl import create_schema
from aura_engine.nlp import TextScorer
from aura_engine.pipeline import PipelineContext
from aura_engine.settings import DatabaseUrls
from aura_engine.sources import Source, connect_sources
from aura_engine.sources.roles import READER_ROLE, install_reader
from aura_engine.store.connect import connect_store
from aura_engine.store.installation import ensure_installation
from tests.conftest import DatabaseFactory
from tests.integration.pipeline.people import NOW, populate
from tests.integration.store.conftest import TEMPLATE, build_template
from tests.remembering import remembering_model

if TYPE_CHECKING:
    from tests.integration.pipeline.scored import ScoredWorlds


@dataclass
class CountingScorer:
    """The shipped model, counting the texts it is asked about."""

    model: TextScorer
    asked: list[str] = field(default_factory=list)
    revision: str = ""

    def __post_init__(self) -> None:
        self.revision = self.model.revision

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def reduced(self) -> bool:
        return self.model.reduced

    @property
    def backend(self) -> str:
        return self.model.backend

    def score(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return self.model.score(texts)


@dataclass
class World:
    """Sources that a test may change as the live services would, and a context to run on them."""

    service: dict[Source, Engine]
    context: PipelineContext
    scorer: CountingScorer
    now: list[datetime]

    def change(self, source: Source, statement: str, **parameters: object) -> int:
        with self.service[source].begin() as connection:
            return int(connection.execute(text(statement), parameters).rowcount)

    def ask(self, statement: str, **parameters: object) -> object:
        with self.context.store.connect() as connection:
            return connection.scalar(text(statement), parameters)


@pytest.fixture(scope="session")
def shipped_model() -> TextScorer:
    return remembering_model()


def new_world(
    lease: Lease,
    model: TextScorer,
    sources_at: Mapping[Source, URL],
    store_at: URL,
    key: bytes | None = None,
) -> Iterator[World]:
    """Yield a world on databases of a test's own.

    Parameters
    ----------
    lease : Lease
        A hold on the server.
    model : TextScorer
        Reads the texts.
    sources_at : mapping of Source to URL
        Populated sources, as their owner reaches them.
    store_at : URL
        An analytics database.
    key : bytes, optional
        Of the texts' hash; where not given, a new one.
    """
    service = {source: create_engine(url) for source, url in sources_at.items()}
    store = connect_store(store_at)
    ensure_installation(store, "demo")
    reader = {
        source.value: lease.url(str(url.database), READER_ROLE)
        for source, url in sources_at.items()
    }
    urls = DatabaseUrls(analytics=store.url, **reader)
    scorer = CountingScorer(model)
    now = [NOW]
    with connect_sources(urls) as sources:
        context = PipelineContext(
            store=store,
            sources=sources,
            scorer=scorer,
            text_key=key or secrets.token_bytes(32),
            timezone="America/Mexico_City",
            window_days=90,
            refit_days=30,
            clock=lambda: now[0],
        )
        yield World(service, context, scorer, now)
    for engine in [store, *service.values()]:
        engine.dispose()


def source_templates(lease: Lease) -> dict[Source, str]:
    """Return the names of databases to copy that hold the hundred and fifty people."""
    create_role(lease, READER_ROLE)
    templates = {source: f"template_populated_{source.value}" for source in Source}
    for source, template in templates.items():
        ensure_template(lease, template, lambda url, source=source: _build_source(url, source))
    return templates


@pytest.fixture(scope="session")
def scored_worlds(lease: Lease, shipped_model: TextScorer) -> Iterator[ScoredWorlds]:
    from tests.integration.pipeline.scored import ScoredWorlds

    worlds = ScoredWorlds(lease, shipped_model)
    yield worlds
    worlds.close()


@pytest.fixture
def world(
    lease: Lease, database_factory: DatabaseFactory, shipped_model: TextScorer
) -> Iterator[World]:
    ensure_template(lease, TEMPLATE, build_template)
    owned = {source: database_factory(name) for source, name in source_templates(lease).items()}
    yield from new_world(lease, shipped_model, owned, database_factory(TEMPLATE))


def _build_source(url: URL, source: Source) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        create_schema(connection, source)
        populate(connection, source)
    install_reader(engine, source)
    engine.dispose()
