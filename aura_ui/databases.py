"""The pages' settings, their connection to the analytics database, and the way to names."""

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
from aura_engine.pipeline.identity import Identity, NameSources, connect_names, reveal
from aura_engine.settings import IDENTITY_URL_NAMES, Settings
from aura_engine.store.access import Viewer
from aura_engine.store.connect import connect_store, reading
from aura_engine.store.installation import read_installation, require_kind

_IS_DEMO: Final = "is_demo"


@dataclass(frozen=True)
class Provided:
    """What the process that serves the pages works with."""

    settings: Settings
    store: Engine
    names: NameSources | None = None


_provided: Provided | None = None


def provide(settings: Settings, store: Engine, names: NameSources | None = None) -> None:
    """Give the pages what they work with, before the server starts.

    Parameters
    ----------
    settings : Settings
        Of this process.
    store : Engine
        The analytics database.
    names : NameSources, optional
        Where an identity is revealed.
    """
    global _provided
    _provided = Provided(settings, store, names)


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


def names_missing() -> str | None:
    """Say what is to be set before an identity can be revealed; None where nothing is."""
    if _current().names is not None:
        return None
    if not settings().configured_url_names():
        return t("identity.not_in_demo")
    return t("identity.not_configured", variables=" y ".join(IDENTITY_URL_NAMES))


def identity_of(viewer: Viewer, pseudonym: str, reason: str, *, look: str) -> Identity:
    """Reveal who a person is; see `aura_engine.pipeline.identity.reveal`.

    Parameters
    ----------
    viewer : Viewer
        Who wants to know.
    pseudonym : str
        About whom.
    reason : str
        Why.
    look : str
        What tells this look from another one.
    """
    return reveal(store(), _current().names, viewer, pseudonym, reason, request_id=look)


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
    names = found.identity_urls()
    return Provided(found, engine, None if names is None else connect_names(names))
