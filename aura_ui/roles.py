"""Who may see what."""

from __future__ import annotations

from typing import Final

from aura_engine.store.access import Role

EVERYONE: Final = frozenset({Role.COUNSELOR, Role.SUPERVISOR, Role.ANALYST})
CARERS: Final = frozenset({Role.COUNSELOR, Role.SUPERVISOR})
"""Who works with single people."""
OPERATORS: Final = frozenset({Role.ANALYST, Role.SUPERVISOR})
"""Who looks after runs and may ask for one."""
SUPERVISORS: Final = frozenset({Role.SUPERVISOR})
"""Who looks after accounts, and reads who read whom."""
