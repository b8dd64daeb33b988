"""``./aura sources install-triggers`` and ``uninstall-triggers``: what a DBA may do by psql too."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from aura_engine.i18n import t

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

    from aura_engine.settings import Settings
    from aura_engine.sources import Source
    from aura_engine.sources.triggers import Installed

OWNER_VARIABLE: Final = "AURA_OWNER_URL"
"""Read from the environment of one call only: an owner's password belongs in no settings file."""


class Database(StrEnum):
    """A source as the command line names it; the engine's own enumeration loads pandas."""

    AUTH = "auth"
    SOCIAL = "social"
    MESSAGING = "messaging"


Databases = Annotated[
    list[Database] | None, typer.Option("--database", help=t("triggers.help_database"))
]
DryRun = Annotated[bool, typer.Option("--dry-run", help=t("triggers.help_dry_run"))]


def install(database: Databases = None, dry_run: DryRun = False) -> None:
    """Install the triggers as the tables' owner, or print the script."""
    from aura_engine.sources.triggers import install_script, install_triggers

    if dry_run:
        typer.echo(install_script(), nl=False)
        return
    with closing(_owners(database)) as owners:
        for source, owner in owners:
            _report(install_triggers(owner, source))


def uninstall(database: Databases = None, dry_run: DryRun = False) -> None:
    """Remove the triggers as the role that installed them, or print the script."""
    from aura_engine.sources.triggers import uninstall_script, uninstall_triggers

    if dry_run:
        typer.echo(uninstall_script(), nl=False)
        return
    with closing(_owners(database)) as owners:
        for source, owner in owners:
            uninstall_triggers(owner, source)
            typer.echo(t("triggers.uninstalled", database=source.database))


def _report(done: Installed) -> None:
    names = {"database": done.state.source.database, "source": done.state.source.value}
    for warning in done.warnings:
        typer.echo(t("triggers.warned", **names, warning=warning), err=True)
    typer.echo(t("triggers.installed", **names, version=done.state.version))


def _owners(wanted: list[Database] | None) -> Generator[tuple[Source, Engine], None, None]:
    """Yield each source that is asked for with an engine of its tables' owner."""
    from aura_cli.context import start
    from aura_engine.sources import Source

    settings = start(quiet=True)
    chosen = [source for source in Source if not wanted or source.value in wanted]
    given = os.environ.get(OWNER_VARIABLE)
    if given:
        if len(chosen) > 1:
            raise _settings_error("one_database")
        with _engine(_parsed(given)) as engine:
            yield chosen[0], engine
    elif settings.database_urls() is None:
        yield from _embedded(settings, chosen)
    else:
        if not sys.stdin.isatty():
            raise _settings_error("no_owner")
        for source in chosen:
            question = t("triggers.ask_owner", database=source.database)
            with _engine(_parsed(typer.prompt(question, hide_input=True, err=True))) as engine:
                yield source, engine


def _embedded(settings: Settings, chosen: list[Source]) -> Iterator[tuple[Source, Engine]]:
    from aura_cli.databases import open_databases
    from aura_engine.demo.site import DemoSite

    site = DemoSite.at(settings.data_dir, settings.cluster_dir)
    with (
        open_databases(settings),
        site.cluster.acquire() as lease,
        site.service(lease) as engines,
    ):
        for source in chosen:
            yield source, engines[source]


@contextmanager
def _engine(url: URL) -> Iterator[Engine]:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "application_name": "aura-triggers"},
    )
    try:
        yield engine
    finally:
        engine.dispose()


def _parsed(address: str) -> URL:
    from aura_engine.errors import SettingsError
    from aura_engine.setting_types import parse_url

    try:
        return parse_url(address)
    except ValueError as error:
        names = {"variable": OWNER_VARIABLE, "reason": str(error)}
        raise SettingsError(t("settings.bad_value", **names)) from None


def _settings_error(key: str) -> Exception:
    from aura_engine.errors import SettingsError

    return SettingsError(t(f"triggers.{key}", variable=OWNER_VARIABLE))
