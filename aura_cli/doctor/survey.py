"""All checks of the doctor, in the order in which they are read."""

from __future__ import annotations

import os
from collections.abc import Iterator

from dotenv import dotenv_values

from aura_cli.doctor.configuration import data_directory, settings_states, unknown_names
from aura_cli.doctor.databases import databases
from aura_cli.doctor.findings import Finding, State
from aura_cli.doctor.installation import installation
from aura_cli.doctor.language_model import language_model
from aura_cli.doctor.ports import ports
from aura_engine.errors import SettingsError
from aura_engine.i18n import t
from aura_engine.settings import ENV_FILE


def survey() -> list[Finding]:
    """Make every check that the settings allow; bad settings are a finding too."""
    configured = [*_configured()]  # first: it puts PG_BIN_DIR of .env where the others look
    return [*installation(), *configured]


def _configured() -> Iterator[Finding]:
    from aura_cli.context import start

    try:
        settings = start()
    except SettingsError as error:
        for line in str(error).splitlines():
            yield Finding(t("cli.area_settings"), t("cli.bad_setting"), State.BROKEN, line)
        return
    yield from settings_states(settings)
    yield from unknown_names({*os.environ, *dotenv_values(ENV_FILE)})
    yield data_directory(settings.data_dir)
    yield from databases(settings)
    yield from language_model(settings)
    yield from ports(settings)
