"""Small changes that keep flowing into the demo's sources while it is served.

They go through the services' tables and the change triggers, and stand beside the planned
population: the plan's rows to come fit whatever the trickle has done before.
"""

from __future__ import annotations

from aura_engine.demo.trickle.change import Act, Change
from aura_engine.demo.trickle.trickle import Trickle

__all__ = ["Act", "Change", "Trickle"]
