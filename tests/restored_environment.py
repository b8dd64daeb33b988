"""A fixture for tests of commands, which set variables for what they start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest.mock import patch

import pytest


@pytest.fixture(autouse=True)
def _restored_environment() -> Iterator[None]:
    with patch.dict(os.environ):
        yield
