"""A fixture for tests that configure logging, which belongs to the whole process."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from aura_engine.logs import use_safe_defaults


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()
    use_safe_defaults()
