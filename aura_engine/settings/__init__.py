"""Settings: documented variables of the environment and ``.env``, checked once at start.

The fields' descriptions are the source of README's table and of ``.env.example``.
"""

from aura_engine.settings.access import SAFE_SECRET_BYTES
from aura_engine.settings.addresses import LOOPBACK_NAMES
from aura_engine.settings.collected import (
    ENV_FILE,
    Settings,
    documented_variables,
    refuse_production,
)
from aura_engine.settings.databases import (
    DATABASE_URL_NAMES,
    IDENTITY_URL_NAMES,
    DatabaseUrls,
    IdentityUrls,
)
from aura_engine.settings.serving import PORT_NAMES
from aura_engine.settings.variables import Variable

__all__ = [
    "DATABASE_URL_NAMES",
    "ENV_FILE",
    "IDENTITY_URL_NAMES",
    "LOOPBACK_NAMES",
    "PORT_NAMES",
    "SAFE_SECRET_BYTES",
    "DatabaseUrls",
    "IdentityUrls",
    "Settings",
    "Variable",
    "documented_variables",
    "refuse_production",
]
