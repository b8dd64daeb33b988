"""These tests set their process up as the commands do; it is put back after each."""

from __future__ import annotations

from tests.restored_environment import _restored_environment
from tests.restored_logging import _restored_logging

__all__ = ["_restored_environment", "_restored_logging"]
