"""What every verb does first: read the settings, set up logging."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aura_engine.settings import Settings


def start(*, quiet: bool = False) -> Settings:
    """Load the settings, and configure logging and this process's environment by them.

    Parameters
    ----------
    quiet : bool
        For verbs that show their own progress: only warnings are logged, unless
        ``AURA_LOG_LEVEL`` says otherwise.

    Raises
    ------
    SettingsError
        If a value is bad.
    """
    from aura_cli.language import keep_models_with_our_data
    from aura_engine.logs import configure_logging
    from aura_engine.settings import Settings

    settings = Settings.load()
    chosen = "AURA_LOG_LEVEL" in settings.variables_set()
    configure_logging(
        "warning" if quiet and not chosen else settings.log_level,
        settings.log_format,
        service=settings.service_name,
    )
    keep_models_with_our_data(settings)
    if settings.pg_bin_dir is not None:
        # The cluster's detached supervisor reads it from its environment, not from .env.
        os.environ["PG_BIN_DIR"] = str(settings.pg_bin_dir)
    return settings
