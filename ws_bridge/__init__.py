"""The bridge: what clients read over HTTP, from the store and from nothing else."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
"""Of the project, as ``/`` and ``/health`` tell it."""
