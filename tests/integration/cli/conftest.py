"""These tests configure logging as the commands do; it is put back after each."""

from __future__ import annotations

from tests.restored_logging import _restored_logging

__all__ = ["_restored_logging"]
