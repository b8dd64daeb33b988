"""Settings of who may call the bridge, and of how long it is kept who read whom."""

from __future__ import annotations

from typing import Final, Self

from pydantic import BaseModel, Field, SecretStr, model_validator

from aura_engine.i18n import t
from aura_engine.setting_types import AuthMode, Hosts, TrustedClients
from aura_engine.settings.variables import shown_default

SAFE_SECRET_BYTES: Final = 32
"""Least length of a key for HS256 (RFC 7518, section 3.2)."""


class AccessSettings(BaseModel):
    """How whoever calls the bridge is known."""

    auth: AuthMode = Field(
        default="none",
        alias="AURA_AUTH",
        description="Who may call the bridge: none (whoever is on this machine) or jwt (who shows "
        "a token of the AURA auth service, and the clients of `AURA_TRUSTED_CLIENTS`).",
    )
    jwt_secret: SecretStr | None = Field(
        default=None,
        alias="AURA_JWT_SECRET",
        description="Key with which the AURA auth service signs its tokens (HS256); needed with "
        "`AURA_AUTH=jwt`. A key under 32 bytes is reported at each start.",
    )
    trusted_clients: TrustedClients = Field(
        default=(),
        alias="AURA_TRUSTED_CLIENTS",
        description="Clients that show no token, by the address they connect from, and their "
        "role (counselor, supervisor, analyst or service): `10.0.0.5=service,10.0.0.9=supervisor`.",
        json_schema_extra=shown_default(""),
    )
    client_hosts: Hosts = Field(
        default=(),
        alias="AURA_CLIENT_HOSTS",
        description="Names with a dot by which the clients of `AURA_TRUSTED_CLIENTS` call the "
        "bridge, separated by commas; addresses and names without a dot need not be listed.",
        json_schema_extra=shown_default(""),
    )

    audit_days: int = Field(
        default=730,
        alias="AURA_AUDIT_DAYS",
        description="Days for which the log of who read whom is kept; 30 to 3650.",
        ge=30,
        le=3650,
    )

    @model_validator(mode="after")
    def _has_secret(self) -> Self:
        if self.auth == "jwt" and self.jwt_secret is None:
            raise ValueError(t("settings.jwt_without_secret"))
        return self

    @property
    def has_weak_secret(self) -> bool:
        """Whether the key of the tokens is shorter than it should be."""
        if self.jwt_secret is None:
            return False
        return len(self.jwt_secret.get_secret_value().encode()) < SAFE_SECRET_BYTES
