"""Installations of their own for tests of whole commands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.installation import Installation, temporary_installation


@pytest.fixture
def installation() -> Iterator[Installation]:
    with temporary_installation() as made:
        yield made


@pytest.fixture
def undisturbed() -> Iterator[Installation]:
    """Another installation, to compare with."""
    with temporary_installation() as made:
        yield made
