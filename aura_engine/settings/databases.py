"""Settings of the four databases and of what is written beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field, SecretStr
from sqlalchemy import URL

from aura_engine.errors import SettingsError
from aura_engine.i18n import t
from aura_engine.setting_types import AbsolutePath, DatabaseUrl, default_data_dir, parse_url
from aura_engine.settings.variables import shown_default

DATABASE_URL_NAMES: Final = (
    "DATABASE_URL_ANALYTICS",
    "DATABASE_URL_AUTH",
    "DATABASE_URL_SOCIAL",
    "DATABASE_URL_MESSAGING",
)


IDENTITY_URL_NAMES: Final = ("DATABASE_URL_AUTH_IDENTITY", "DATABASE_URL_SOCIAL_IDENTITY")
"""Of the role that reads names, which is another one than the sources' reader."""


@dataclass(frozen=True)
class DatabaseUrls:
    """Addresses of the four databases; the repr masks the passwords."""

    analytics: URL
    auth: URL
    social: URL
    messaging: URL


@dataclass(frozen=True)
class IdentityUrls:
    """Addresses of the two sources that hold names, for the role that may read them."""

    auth: URL
    social: URL


class DatabaseSettings(BaseModel):
    """Where the data are."""

    database_url_analytics: DatabaseUrl | None = Field(
        default=None,
        alias="DATABASE_URL_ANALYTICS",
        description="Analytics database, the only one AURA monitor writes to "
        "(`postgresql://user:password@host:5432/aura_data_miner`).",
    )
    database_url_auth: DatabaseUrl | None = Field(
        default=None,
        alias="DATABASE_URL_AUTH",
        description="Source of accounts; a role that can only read is enough.",
    )
    database_url_social: DatabaseUrl | None = Field(
        default=None,
        alias="DATABASE_URL_SOCIAL",
        description="Source of profiles, posts, comments and communities; read only.",
    )
    database_url_messaging: DatabaseUrl | None = Field(
        default=None,
        alias="DATABASE_URL_MESSAGING",
        description="Source of messages; read only.",
    )
    database_url_auth_identity: DatabaseUrl | None = Field(
        default=None,
        alias="DATABASE_URL_AUTH_IDENTITY",
        description="The source of accounts for the role `aura_identity`, which reads ids and "
        "user names; only to reveal one person's identity. Without both of these nobody's is "
        "revealed.",
    )
    database_url_social_identity: DatabaseUrl | None = Field(
        default=None,
        alias="DATABASE_URL_SOCIAL_IDENTITY",
        description="The source of profiles for the same role, which reads ids and display names.",
    )
    embedded: bool = Field(
        default=False,
        alias="AURA_EMBEDDED",
        description="With 1 and no `DATABASE_URL_*`, the embedded PostgreSQL with demo data is "
        "used; `demo` sets it itself.",
    )
    data_dir: AbsolutePath = Field(
        default_factory=default_data_dir,
        alias="AURA_DATA_DIR",
        description="Directory of everything that is written: embedded cluster, caches, keys.",
        json_schema_extra=shown_default("`~/.local/share/aura`; for root `/var/lib/aura`"),
    )
    pg_bin_dir: AbsolutePath | None = Field(
        default=None,
        alias="PG_BIN_DIR",
        description="Directory with `initdb` and `postgres` (18 or later) for the embedded "
        "PostgreSQL, instead of the installed package's.",
    )

    def configured_url_names(self) -> tuple[str, ...]:
        """Return the names of the ``DATABASE_URL_*`` that are set, in documented order."""
        named = self._urls() | self._identity_urls()
        return tuple(name for name, secret in named.items() if secret is not None)

    def database_urls(self) -> DatabaseUrls | None:
        """Return the configured addresses, or None where the embedded cluster is meant.

        Returns
        -------
        DatabaseUrls or None
            Addresses with the psycopg2 driver named, whatever the variables name.

        Raises
        ------
        SettingsError
            If only some are set (names the missing), or none is and ``AURA_EMBEDDED`` is not
            set either (names both ways).
        """
        secrets = self._urls()
        missing = [name for name, secret in secrets.items() if secret is None]
        if not missing:
            return DatabaseUrls(
                *(parse_url(secret.get_secret_value()) for secret in secrets.values() if secret)
            )
        if self.configured_url_names():
            raise SettingsError(t("settings.urls_missing_some", missing=", ".join(missing)))
        if not self.embedded:
            raise SettingsError(t("settings.urls_missing_all"))
        return None

    def identity_urls(self) -> IdentityUrls | None:
        """Return the addresses of the role that reads names, or None where one is not set."""
        auth, social = self._identity_urls().values()
        if auth is None or social is None:
            return None
        return IdentityUrls(
            parse_url(auth.get_secret_value()), parse_url(social.get_secret_value())
        )

    @property
    def cluster_dir(self) -> Path:
        """Data root of the embedded cluster that ``demo`` makes."""
        return self.data_dir / "cluster"

    @property
    def exports_dir(self) -> Path:
        """Where 8-bit graphs of language models are kept."""
        return self.data_dir / "onnx"

    def _urls(self) -> dict[str, SecretStr | None]:
        secrets = (
            self.database_url_analytics,
            self.database_url_auth,
            self.database_url_social,
            self.database_url_messaging,
        )
        return dict(zip(DATABASE_URL_NAMES, secrets, strict=True))

    def _identity_urls(self) -> dict[str, SecretStr | None]:
        secrets = (self.database_url_auth_identity, self.database_url_social_identity)
        return dict(zip(IDENTITY_URL_NAMES, secrets, strict=True))
