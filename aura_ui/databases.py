"""The pages' settings and their connection to the analytics database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st
from sqlalchemy import Connection, Engine

from aura_engine.errors import AuraError, SettingsError
from aura_engine.i18n import t
from aura_engine.settings import Settings
from aura_engine.store.connect import connect_store, reading
from aura_engine.store.installation import read_installation, require_kind

_IS_DEMO: Final = "is_demo"


@dataclass(frozen=True)
class Provided:
    """What the process that serves the pages works with."""

    settings: Settings
    store: Engine


_provided: Provided | None = None


def provide(settings: Settings, store: Engine) -> None:
    """Give the pages their settings and database, before the server starts."""
    global _provided
    _provided = Provided(settings, store)


def settings() -> Settings:
    """Return the settings of this process.

    Raises
    ------
    SettingsError
        If a setting is bad or no database is configured.
    """
    return _current().settings


def store() -> Engine:
    """Return the engine of the analytics database.

    Raises
    ------
    SettingsError
        As `settings` does.
    """
    return _current().store


def zone() -> ZoneInfo:
    """Return the reader's zone; UTC where not even the settings can be read."""
    try:
        return settings().zone
    except AuraError:
        return ZoneInfo("UTC")


def is_demo() -> bool:
    """Tell whether the data are the marked demo's; what cannot be read is not."""
    if _IS_DEMO not in st.session_state:
        try:
            installation = read_installation(store())
        except AuraError:
            return False
        st.session_state[_IS_DEMO] = installation is not None and installation.kind == "demo"
    return bool(st.session_state[_IS_DEMO])


@contextmanager
def page_reading() -> Iterator[Connection]:
    """Open the one transaction in which a page reads, so that its figures agree.

    Raises
    ------
    StoreError
        If the database does not answer.
    SettingsError
        If none is configured.
    """
    with reading(store()) as connection:
        yield connection


def _current() -> Provided:
    return _provided if _provided is not None else _from_environment()


@st.cache_resource
def _from_environment() -> Provided:
    """Connect to the configured database, where the server was started without ``./aura``."""
    found = Settings.load()
    urls = found.database_urls()
    if urls is None:
        raise SettingsError(t("ui.start_with_aura"))
    engine = connect_store(urls.analytics, application_name="aura-ui")
    require_kind(read_installation(engine), "production")
    return Provided(found, engine)
