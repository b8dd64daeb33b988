"""One small population for the tests that only read it."""

from __future__ import annotations

import pytest

from aura_engine.demo.population import Population, SliceRows
from aura_engine.demo.texts import TextPool
from tests.unit.demo.stage import EPOCH, SEED, ZONE, moment


@pytest.fixture(scope="session")
def pool() -> TextPool:
    return TextPool(SEED)


@pytest.fixture(scope="session")
def history(pool: TextPool) -> tuple[Population, SliceRows]:
    """600 people and all of their 120 days."""
    population = Population(SEED, 600, EPOCH, ZONE, pool=pool)
    return population, population.rows(None, moment(120))
