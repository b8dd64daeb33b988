"""What every verb does first: read the settings, set up logging."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aura_engine.settings import Settings


def start() -> Settings:
    """Load the settings and configure logging by them.

    Raises
    ------
    SettingsError
        If a value is bad.
    """
    from aura_engine.logs import configure_logging
    from aura_engine.settings import Settings

    settings = Settings.load()
    configure_logging(settings.log_level, settings.log_format)
    if settings.pg_bin_dir is not None:
        # The cluster's detached supervisor reads it from its environment, not from .env.
        os.environ["PG_BIN_DIR"] = str(settings.pg_bin_dir)
    return settings
