"""The four databases: reachable, with which role, and at which structure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from aura_cli.databases import open_databases
from aura_cli.doctor.findings import Finding, State
from aura_cli.doctor.triggers import trigger_findings
from aura_engine.cluster import EmbeddedCluster
from aura_engine.errors import AuraError, SettingsError
from aura_engine.i18n import t
from aura_engine.logs import redact
from aura_engine.settings import (
    DATABASE_URL_NAMES,
    IDENTITY_URL_NAMES,
    DatabaseUrls,
    IdentityUrls,
    Settings,
)
from aura_engine.sources import Source
from aura_engine.sources.check.privileges import privileges
from aura_engine.sources.roles import IDENTITY_SOURCES, identity_columns
from aura_engine.sql import load_queries

CONNECT_SECONDS: Final = 5
_SHOWN_TABLES: Final = 3


@dataclass(frozen=True)
class Role:
    """What the server says of itself and of the connected role."""

    server_version: str
    name: str
    is_superuser: bool
    can_create: bool


def databases(settings: Settings) -> Iterator[Finding]:
    """Look at the configured databases, or at the embedded ones that ``demo`` made."""
    area = t("cli.area_databases")
    try:
        urls = settings.database_urls()
    except SettingsError as error:
        if settings.configured_url_names():
            yield Finding(area, "DATABASE_URL_*", State.BROKEN, t("cli.incomplete"), str(error))
        else:
            mend = t("cli.mend_no_databases")
            yield Finding(area, "DATABASE_URL_*", State.NOTE, t("cli.not_configured"), mend)
        return
    if urls is None and not EmbeddedCluster(settings.cluster_dir).exists:
        mend = t("cli.mend_no_demo")
        yield Finding(area, "AURA_EMBEDDED", State.NOTE, t("cli.no_demo_yet"), mend)
        return
    try:
        with open_databases(settings) as addresses:
            yield from check_all(addresses)
    except AuraError as error:
        yield Finding(area, "AURA_EMBEDDED", State.BROKEN, t("cli.unreachable"), str(error))
    names = settings.identity_urls()
    if names is not None:
        yield from check_names(names)
    elif urls is not None:
        mend = t("cli.mend_no_names")
        yield Finding(area, "DATABASE_URL_*_IDENTITY", State.NOTE, t("cli.not_configured"), mend)


def check_names(urls: IdentityUrls) -> Iterator[Finding]:
    """Look at the two sources through the role that reveals an identity."""
    addresses = (urls.auth, urls.social)
    for name, url, source in zip(IDENTITY_URL_NAMES, addresses, IDENTITY_SOURCES, strict=True):
        yield from check(name, url, partial(_names_findings, source))


def check_all(urls: DatabaseUrls) -> Iterator[Finding]:
    """Look at the four databases at their addresses."""
    analytics, *sources = DATABASE_URL_NAMES
    yield from check(analytics, urls.analytics, analytics_findings)
    for name, url in zip(sources, (urls.auth, urls.social, urls.messaging), strict=True):
        yield from check(name, url, _role_and_triggers)


def check(
    name: str, url: URL, look: Callable[[str, Connection], Iterator[Finding]]
) -> Iterator[Finding]:
    """Connect to one database and look at it."""
    area = t("cli.area_databases")
    engine = create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "aura-doctor"},
    )
    try:
        with engine.connect() as connection:
            found = [*look(name, connection)]
    except DatabaseError as error:
        reason = redact(str(error.orig)).strip().partition("\n")[0]
        detail = f"{t('cli.unreachable')}: {reason}"
        found = [Finding(area, name, State.BROKEN, detail, t("cli.mend_unreachable", name=name))]
    yield from found


def role_of(connection: Connection) -> Role:
    """Ask the server who we are."""
    row = connection.execute(text(load_queries("doctor")["server_and_role"])).one()
    return Role(row.server_version, row.role_name, row.is_superuser, row.can_create)


def _role_and_triggers(name: str, connection: Connection) -> Iterator[Finding]:
    yield from source_findings(name, connection)
    yield from trigger_findings(name, connection)


def source_findings(name: str, connection: Connection) -> Iterator[Finding]:
    """Say whether a source's role can do more than read."""
    area = t("cli.area_databases")
    role = role_of(connection)
    served = t("cli.served", version=role.server_version, role=role.name)
    mend = t("cli.mend_role", name=name)
    if role.is_superuser:
        yield Finding(area, name, State.WARNING, f"{served}; {t('cli.superuser')}", mend)
        return
    query = text(load_queries("doctor")["writable_tables"])
    writable = list(connection.execute(query).scalars())
    if not writable:
        yield Finding(area, name, State.GOOD, f"{served}; {t('cli.only_reads')}")
        return
    some = ", ".join(writable[:_SHOWN_TABLES])
    detail = t("cli.can_write", count=len(writable), some=some)
    yield Finding(area, name, State.WARNING, f"{served}; {detail}", mend)


def _names_findings(source: Source, name: str, connection: Connection) -> Iterator[Finding]:
    """Say whether the role of names reads exactly what its script grants."""
    found = [*source_findings(name, connection)]
    if all(finding.state is State.GOOD for finding in found):
        role = privileges(connection, source, needed=identity_columns(source))
        lacks = ", ".join((*role.absent, *role.missing))
        beyond = ", ".join(role.excess)
        if lacks or beyond:
            key = "cli.names_lacks" if lacks else "cli.names_beyond"
            detail = t(key, names=lacks or beyond)
            mend = t("cli.mend_names", source=source.value, database=source.database)
            found = [Finding(t("cli.area_databases"), name, State.WARNING, detail, mend)]
    yield from found


def analytics_findings(name: str, connection: Connection) -> Iterator[Finding]:
    """Say whether the analytics database has the structure that this version needs."""
    from aura_engine.store.migrate import current_revision, head_revision

    area = t("cli.area_databases")
    role = role_of(connection)
    served = t("cli.served", version=role.server_version, role=role.name)
    if not role.can_create:
        mend = t("cli.mend_create", name=name)
        yield Finding(area, name, State.BROKEN, f"{served}; {t('cli.cannot_create')}", mend)
    else:
        yield Finding(area, name, State.GOOD, served)
    current, head = current_revision(connection), head_revision()
    subject = t("cli.structure")
    if current == head:
        yield Finding(area, subject, State.GOOD, t("cli.structure_current", revision=head))
    else:
        detail = t("cli.structure_old", current=current or t("cli.db_empty"), head=head)
        yield Finding(area, subject, State.BROKEN, detail, t("cli.mend_structure"))
