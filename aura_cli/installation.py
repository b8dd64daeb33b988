"""Are the databases what these settings take them for?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

    from aura_engine.pipeline import PipelineContext
    from aura_engine.settings import DatabaseUrls, Settings
    from aura_engine.store.installation import Kind


def kind_of(settings: Settings) -> Kind:
    """Return what the settings are for: production where databases are configured."""
    return "production" if settings.configured_url_names() else "demo"


def check_installation(settings: Settings, context: PipelineContext) -> None:
    """Check structure and sources, and mark the analytics database or check its mark.

    Raises
    ------
    StoreError
        If a migration is missing, or the database is marked for the other kind.
    SettingsError
        If a source of production is the analytics database or holds the demo's people.
    DemoError
        If the demo's people live in another zone.
    """
    from aura_engine.store import migrate
    from aura_engine.store.installation import ensure_installation

    urls = settings.database_urls()
    if urls is None:
        _require_zone_of_demo(settings)
    else:
        require_apart(urls)
        _refuse_demo_sources(context)
    migrate.require_current(context.store)
    ensure_installation(context.store, kind_of(settings))


def refuse_another_kind(settings: Settings, store: Engine) -> None:
    """Stop pages or bridge of production before they show the demo's people, or the other way.

    A database that is away or empty is no reason to stop: its readers say so until it is there.

    Raises
    ------
    StoreError
        If the database is marked for the other kind.
    """
    from aura_engine.errors import StoreError
    from aura_engine.logs import get_logger
    from aura_engine.store.installation import read_installation, require_kind

    try:
        found = read_installation(store)
    except StoreError as error:
        get_logger(__name__).warning("store_not_checked", reason=str(error))
        return
    require_kind(found, kind_of(settings))


def require_apart(urls: DatabaseUrls) -> None:
    """Check that nothing of ours is written into a database of the live services.

    Raises
    ------
    SettingsError
        If the analytics database has the address of a source; names both variables.
    """
    from aura_engine.errors import SettingsError
    from aura_engine.i18n import t
    from aura_engine.sources import Source

    for source in Source:
        if _place(urls.analytics) == _place(getattr(urls, source)):
            raise SettingsError(t("settings.analytics_is_source", variable=source.variable))


def _place(url: URL) -> tuple[str, str, str | None]:
    from aura_engine.settings import LOOPBACK_NAMES

    host = str(url.host or url.query.get("host", "")).lower()
    port = str(url.port or url.query.get("port", 5432))
    return "localhost" if host in LOOPBACK_NAMES else host, port, url.database


def _refuse_demo_sources(context: PipelineContext) -> None:
    from aura_engine.errors import SourceError
    from aura_engine.logs import get_logger
    from aura_engine.pipeline.apart import refuse_demo_source
    from aura_engine.sources import Source

    for source in Source:
        try:
            refuse_demo_source(context.sources, source)
        except SourceError as error:
            # A source that is away is no reason not to start; each run looks again.
            get_logger(__name__).warning("source_not_checked", reason=str(error))


def _require_zone_of_demo(settings: Settings) -> None:
    from aura_engine.demo.plan import DemoPlan
    from aura_engine.demo.site import DemoSite

    plan = DemoPlan.read(DemoSite.at(settings.data_dir, settings.cluster_dir).plan_file)
    if plan is not None:
        plan.require(None, None, timezone=settings.timezone)
