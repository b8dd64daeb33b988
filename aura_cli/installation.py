"""Is the analytics database ready, and is it for what these settings are for?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from aura_engine.settings import Settings
    from aura_engine.store.installation import Kind


def kind_of(settings: Settings) -> Kind:
    """Return what the settings are for: production where databases are configured."""
    return "production" if settings.configured_url_names() else "demo"


def check_installation(settings: Settings, store: Engine) -> None:
    """Check the structure, and mark the database or check its mark.

    Raises
    ------
    StoreError
        If a migration is missing, or the database is marked for the other kind.
    """
    from aura_engine.store import migrate
    from aura_engine.store.installation import ensure_installation

    migrate.require_current(store)
    ensure_installation(store, kind_of(settings))
