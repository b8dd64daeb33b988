"""The map: people counted by cell, and found within a rectangle."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from aura_engine.store import reads
from aura_engine.store.access import SYSTEM
from aura_engine.store.reads import Box, Within
from tests.integration.store.rows import a_model, publish_rows
from tests.integration.store.test_reads import (
    ANALYST,
    OF_GROUP,
    OF_NOTHING,
    populate,
    read,
    rows,
)

X = [0.0, 0.1, 1.0, 1.0, 0.5, 0.5]
Y = [0.0, 0.0, 2.0, 2.0, 1.0, -1.0]


@pytest.fixture
def placed(store: Engine) -> Engine:
    """A to F of `test_reads`, each where X and Y say."""
    populate(store)
    publish_rows(store, rows(a_model(store)).assign(pca_x=X, pca_y=Y))
    return store


def test_everyone_is_counted_in_one_cell(placed: Engine) -> None:
    found = read(placed, reads.density, SYSTEM)
    assert found.people.shape == (80, 120)
    assert (found.x, found.y) == ((0.0, 1.0), (-1.0, 2.0))
    assert found.people.sum() == 6
    assert found.people[-1, -1] == 2
    assert found.people[0, 60] == 1
    assert read(placed, reads.density, OF_GROUP).people.sum() == 3
    assert read(placed, reads.density, OF_NOTHING) is None


def test_people_who_all_stand_in_one_place_are_counted_there(placed: Engine) -> None:
    publish_rows(placed, rows(a_model(placed)))
    found = read(placed, reads.density, SYSTEM)
    assert found.people[40, 60] == 6
    assert found.x == (0.1, 0.1)


def names(found: Within) -> str:
    return "".join(row["pseudonym"][0] for row in found.people)


def test_a_rectangle_holds_its_edges_and_the_most_severe_come_first(placed: Engine) -> None:
    box = Box(left=0.1, right=1.0, bottom=0.0, top=2.0)
    found = read(placed, reads.people_within, ANALYST, box, limit=9)
    assert (names(found), found.total) == ("CBDE", 4)
    assert "user_id_raiz" not in found.people[0]
    first = read(placed, reads.people_within, SYSTEM, box, limit=1)
    assert (names(first), first.total) == ("C", 4)
    of_group = read(placed, reads.people_within, OF_GROUP, box, limit=9)
    assert (names(of_group), of_group.total) == ("C", 1)
    nobody = read(placed, reads.people_within, SYSTEM, Box(5.0, 6.0, 5.0, 6.0), limit=9)
    assert (nobody.people, nobody.total) == ([], 0)
