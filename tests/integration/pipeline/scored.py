"""A world that has made its first run, copied for each example of a property."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from aura_engine.cluster import Lease, clone_database, drop_database, ensure_template
from aura_engine.nlp import TextScorer
from aura_engine.pipeline import run_full
from aura_engine.sources import Source
from tests.integration.pipeline.conftest import World, new_world, source_templates
from tests.integration.pipeline.live import LiveWorld
from tests.integration.store.conftest import TEMPLATE, build_template


class ScoredWorlds:
    """Makes copies of one world with triggers, as its first run left it."""

    def __init__(self, lease: Lease, model: TextScorer) -> None:
        self._lease = lease
        self._model = model
        self._key = secrets.token_bytes(32)
        ensure_template(lease, TEMPLATE, build_template)
        sources = {source.value: name for source, name in source_templates(lease).items()}
        self._names = self._copied({**sources, "store": TEMPLATE})
        with self._opened(self._names) as world:
            LiveWorld(world).install()
            run_full(world.context)

    @contextmanager
    def copy(self) -> Iterator[World]:
        """Yield a world of one's own, which is removed afterwards."""
        names = self._copied(self._names)
        try:
            with self._opened(names) as world:
                yield world
        finally:
            self._drop(names)

    def close(self) -> None:
        self._drop(self._names)

    def _copied(self, names: dict[str, str]) -> dict[str, str]:
        made = {part: f"p_{part}_{secrets.token_hex(6)}" for part in names}
        for part, name in names.items():
            clone_database(self._lease, name, made[part])
        return made

    @contextmanager
    def _opened(self, names: dict[str, str]) -> Iterator[World]:
        urls = {source: self._lease.url(names[source.value]) for source in Source}
        yield from new_world(
            self._lease, self._model, urls, self._lease.url(names["store"]), self._key
        )

    def _drop(self, names: dict[str, str]) -> None:
        for name in names.values():
            drop_database(self._lease, name)
