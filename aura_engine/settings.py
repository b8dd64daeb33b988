"""Settings: documented variables of the environment and ``.env``, checked once at start.

The fields' descriptions are the source of README's table and of ``.env.example``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import URL

from aura_engine.errors import SettingsError
from aura_engine.i18n import t
from aura_engine.setting_types import (
    AbsolutePath,
    DatabaseUrl,
    LogFormat,
    LogLevel,
    NlpBackend,
    Origins,
    Port,
    TextKey,
    ZoneName,
    complaints,
    default_data_dir,
    parse_url,
)

ENV_FILE: Final = Path(
    os.environ.get("AURA_ENV_FILE") or Path(__file__).resolve().parents[1] / ".env"
)
"""Tests move it with ``AURA_ENV_FILE``, so that what a person configured does not reach them."""
DATABASE_URL_NAMES: Final = (
    "DATABASE_URL_ANALYTICS",
    "DATABASE_URL_AUTH",
    "DATABASE_URL_SOCIAL",
    "DATABASE_URL_MESSAGING",
)
LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "::1", "localhost"})
PORT_NAMES: Final = ("SERVICE_PORT", "AURA_UI_PORT", "AURA_METRICS_PORT")


@dataclass(frozen=True)
class DatabaseUrls:
    """Addresses of the four databases; the repr masks the passwords."""

    analytics: URL
    auth: URL
    social: URL
    messaging: URL


def _shown_default(text: str) -> dict[str, Any]:
    return {"shown_default": text}


class Settings(BaseSettings):
    """All settings of all processes, frozen.

    Passwords and keys are held as secrets: no repr, log or error shows them.
    """

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        case_sensitive=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

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
        json_schema_extra=_shown_default("`~/.local/share/aura`; for root `/var/lib/aura`"),
    )
    pg_bin_dir: AbsolutePath | None = Field(
        default=None,
        alias="PG_BIN_DIR",
        description="Directory with `initdb` and `postgres` (18 or later) for the embedded "
        "PostgreSQL, instead of the installed package's.",
    )
    service_name: str = Field(
        default="aura-monitor",
        alias="SERVICE_NAME",
        description="Name of the service in answers and logs.",
        min_length=1,
        max_length=64,
    )
    service_port: Port = Field(
        default=8001, alias="SERVICE_PORT", description="Port of the HTTP and WebSocket bridge."
    )
    ui_port: Port = Field(default=8501, alias="AURA_UI_PORT", description="Port of the pages.")
    metrics_port: Port = Field(
        default=9109,
        alias="AURA_METRICS_PORT",
        description="Port of the scheduler's metrics, which are still to come.",
    )
    bind_address: str = Field(
        default="127.0.0.1",
        alias="AURA_BIND_ADDRESS",
        description="Address on which pages and bridge listen; other than loopback only with "
        "`AURA_ALLOW_ANONYMOUS=1`.",
        min_length=1,
        max_length=253,
    )
    allow_anonymous: bool = Field(
        default=False,
        alias="AURA_ALLOW_ANONYMOUS",
        description="With 1, whoever reaches pages and bridge may read them without signing in, "
        "from other machines too; logged at each start.",
    )
    cors_origins: Origins = Field(
        default=(),
        alias="AURA_CORS_ORIGINS",
        description="Web pages that may read the bridge from a browser: their origins, separated "
        "by commas (`https://admin.example`).",
        json_schema_extra=_shown_default(""),
    )
    debug: bool = Field(
        default=False,
        alias="DEBUG",
        description="With 1, errors of commands come with their traceback.",
    )
    log_level: LogLevel = Field(
        default="info",
        alias="AURA_LOG_LEVEL",
        description="Least severity that is logged: debug, info, warning, error or critical.",
    )
    log_format: LogFormat = Field(
        default="auto",
        alias="AURA_LOG_FORMAT",
        description="json, console, or auto: console on a terminal, else json.",
    )
    timezone: ZoneName = Field(
        default="America/Mexico_City",
        alias="AURA_TIMEZONE",
        description="Time zone of the population; decides which hours are night.",
    )
    window_days: int = Field(
        default=90,
        alias="AURA_WINDOW_DAYS",
        description="Days of messages and texts that the night ratio and negativity look back.",
        ge=1,
        le=3650,
    )
    refit_days: int = Field(
        default=30,
        alias="AURA_REFIT_DAYS",
        description="Age in days at which a full run fits a new model version.",
        ge=1,
        le=3650,
    )
    nlp_model_name: str | None = Field(
        default=None,
        alias="NLP_MODEL_NAME",
        description="Directory or hub name of the Spanish sentiment model.",
        json_schema_extra=_shown_default("the best model at hand"),
    )
    nlp_revision: str | None = Field(
        default=None,
        alias="AURA_NLP_REVISION",
        description="Revision of the model on the hub.",
    )
    nlp_negative_label: str | None = Field(
        default=None,
        alias="AURA_NLP_NEGATIVE_LABEL",
        description="The negative class of a model whose classes are only called `LABEL_n`.",
    )
    nlp_backend: NlpBackend = Field(
        default="auto",
        alias="AURA_NLP_BACKEND",
        description="What runs the language model: torch (CUDA or MPS where there is one), onnx "
        "(8 bits, CPU), or auto: the faster in a short probe.",
    )
    text_key: TextKey | None = Field(
        default=None,
        alias="AURA_TEXT_KEY",
        description="Secret under which texts are fingerprinted, 32 characters or more.",
        json_schema_extra=_shown_default("created in the data directory"),
    )

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        ports = (self.service_port, self.ui_port, self.metrics_port)
        if len(set(ports)) < len(ports):
            raise ValueError(t("settings.ports_equal", names=", ".join(PORT_NAMES)))
        return self

    @classmethod
    def load(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read and check the settings.

        Parameters
        ----------
        env : Mapping[str, str], optional
            Variables to read instead of the process's environment and ``.env``.
            Blank values count as not given.

        Raises
        ------
        SettingsError
            If a value is bad or ``.env`` cannot be read; names every bad variable and shows
            no value.
        """
        try:
            if env is None:
                return cls()
            given: dict[str, Any] = {name: value for name, value in env.items() if value}
            return _GivenSettings(**given)
        except ValidationError as error:
            raise SettingsError("\n".join(complaints(error))) from None
        except (OSError, UnicodeDecodeError):
            # The decoder's own message quotes bytes of the file.
            path = cls.model_config["env_file"]
            raise SettingsError(t("settings.env_file_unreadable", path=path)) from None

    @property
    def exports_dir(self) -> Path:
        """Where 8-bit graphs of language models are kept."""
        return self.data_dir / "onnx"

    def configured_url_names(self) -> tuple[str, ...]:
        """Return the names of the ``DATABASE_URL_*`` that are set, in documented order."""
        return tuple(name for name, secret in self._urls().items() if secret is not None)

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
        if len(missing) < len(secrets):
            raise SettingsError(t("settings.urls_missing_some", missing=", ".join(missing)))
        if not self.embedded:
            raise SettingsError(t("settings.urls_missing_all"))
        return None

    @property
    def is_local(self) -> bool:
        """Whether pages and bridge can be reached from this machine only."""
        return self.bind_address in LOOPBACK_NAMES

    def require_local_or_allowed(self) -> None:
        """Stop a server that would show young people's data to whoever is on the network.

        Raises
        ------
        SettingsError
            If the bind address is not loopback and anonymous reading was not allowed.
        """
        if not (self.is_local or self.allow_anonymous):
            raise SettingsError(t("settings.anonymous_refused", address=self.bind_address))

    @property
    def zone(self) -> ZoneInfo:
        """Time zone of the population."""
        return ZoneInfo(self.timezone)

    @property
    def cluster_dir(self) -> Path:
        """Data root of the embedded cluster that ``demo`` makes."""
        return self.data_dir / "cluster"

    def variables_set(self) -> frozenset[str]:
        """Return the names of the variables that were given a value."""
        return frozenset(
            name
            for name, field in documented_variables().items()
            if field.attribute in self.model_fields_set
        )

    def _urls(self) -> dict[str, SecretStr | None]:
        secrets = (
            self.database_url_analytics,
            self.database_url_auth,
            self.database_url_social,
            self.database_url_messaging,
        )
        return dict(zip(DATABASE_URL_NAMES, secrets, strict=True))


class _GivenSettings(Settings):
    """Settings of a mapping alone, without the process's environment and ``.env``."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


@dataclass(frozen=True)
class Variable:
    """What is documented about one variable."""

    name: str
    attribute: str
    default: str
    """The default as people read it, in Markdown; "" for none."""
    meaning: str
    secret: bool


def documented_variables() -> dict[str, Variable]:
    """Return every variable by name, in the order in which they are documented."""
    return {
        variable.name: variable
        for variable in (
            _variable(attribute, field) for attribute, field in Settings.model_fields.items()
        )
    }


def refuse_production(settings: Settings, verb: str) -> None:
    """Stop a verb that makes data of its own where production databases are configured.

    Raises
    ------
    SettingsError
        If any ``DATABASE_URL_*`` is set; names them.
    """
    names = settings.configured_url_names()
    if names:
        raise SettingsError(t("settings.production_refused", verb=verb, names=", ".join(names)))


def _variable(attribute: str, field: FieldInfo) -> Variable:
    extra = field.json_schema_extra
    shown = extra.get("shown_default") if isinstance(extra, dict) else None
    if shown is None:
        value = field.default
        shown = "" if value is None else f"`{int(value) if isinstance(value, bool) else value}`"
    return Variable(
        name=field.alias or attribute.upper(),
        attribute=attribute,
        default=str(shown),
        meaning=field.description or "",
        secret="SecretStr" in str(field.annotation),
    )
