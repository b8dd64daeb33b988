"""All settings in one, read from the environment and ``.env``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from aura_engine.errors import SettingsError
from aura_engine.i18n import t
from aura_engine.setting_types import complaints
from aura_engine.settings.access import AccessSettings
from aura_engine.settings.cases import CaseSettings
from aura_engine.settings.databases import DatabaseSettings
from aura_engine.settings.reading import ReadingSettings
from aura_engine.settings.scheduling import SchedulingSettings
from aura_engine.settings.serving import ServingSettings
from aura_engine.settings.variables import Variable, describe

ENV_FILE: Final = Path(
    os.environ.get("AURA_ENV_FILE") or Path(__file__).resolve().parents[2] / ".env"
)
"""Tests move it with ``AURA_ENV_FILE``, so that what a person configured does not reach them."""


# The variables of the last base are documented first.
class Settings(
    CaseSettings,
    SchedulingSettings,
    ReadingSettings,
    AccessSettings,
    ServingSettings,
    DatabaseSettings,
    BaseSettings,
):
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

    def variables_set(self) -> frozenset[str]:
        """Return the names of the variables that were given a value."""
        return frozenset(
            name
            for name, field in documented_variables().items()
            if field.attribute in self.model_fields_set
        )


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


def documented_variables() -> dict[str, Variable]:
    """Return every variable by name, in the order in which they are documented."""
    return {
        variable.name: variable
        for variable in (
            describe(attribute, field) for attribute, field in Settings.model_fields.items()
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
