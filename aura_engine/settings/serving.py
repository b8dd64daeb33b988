"""Settings of the servers: names, ports, who may reach them, what is logged."""

from __future__ import annotations

from typing import Final, Self

from pydantic import BaseModel, Field, model_validator

from aura_engine.errors import SettingsError
from aura_engine.i18n import t
from aura_engine.setting_types import LogFormat, LogLevel, Origins, Port
from aura_engine.settings.addresses import LOOPBACK_NAMES
from aura_engine.settings.variables import shown_default

PORT_NAMES: Final = ("SERVICE_PORT", "AURA_UI_PORT", "AURA_METRICS_PORT")


class ServingSettings(BaseModel):
    """How pages, bridge and scheduler are reached."""

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
    metrics_port: Port | None = Field(
        default=None,
        alias="AURA_METRICS_PORT",
        description="Port of the scheduler's metrics (Prometheus); without one there are none.",
    )
    bind_address: str = Field(
        default="127.0.0.1",
        alias="AURA_BIND_ADDRESS",
        description="Address on which pages and bridge listen; other than loopback only with "
        "`AURA_ALLOW_ANONYMOUS=1`, the bridge also with `AURA_AUTH=jwt`.",
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
        json_schema_extra=shown_default(""),
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

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        ports = [self.service_port, self.ui_port]
        ports += [] if self.metrics_port is None else [self.metrics_port]
        if len(set(ports)) < len(ports):
            raise ValueError(t("settings.ports_equal", names=", ".join(PORT_NAMES)))
        return self

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
