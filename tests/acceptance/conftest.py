"""Installations of their own for tests of whole commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import Installation, temporary_installation


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            # One after the other: each makes a demo of its own and watches the clock.
            item.add_marker(pytest.mark.xdist_group("acceptance"))


@pytest.fixture
def installation() -> Iterator[Installation]:
    with temporary_installation() as made:
        yield made


@pytest.fixture
def undisturbed() -> Iterator[Installation]:
    """Another installation, to compare with."""
    with temporary_installation() as made:
        yield made
