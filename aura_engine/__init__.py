"""AURA monitor's engine: who needs a look first, and why."""

from __future__ import annotations

__all__: list[str] = []
