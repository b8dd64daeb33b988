"""Where the databases are: configured, or in the embedded cluster that ``demo`` made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from aura_engine.settings import DatabaseUrls, Settings


@contextmanager
def open_databases(settings: Settings, *, exclusively: bool = False) -> Iterator[DatabaseUrls]:
    """Yield the addresses of the four databases; the embedded server runs meanwhile.

    Parameters
    ----------
    settings : Settings
        Configured addresses, or the place of the embedded cluster.
    exclusively : bool
        Keep other processes from making or removing the demo's data meanwhile.

    Raises
    ------
    SettingsError
        If no database is configured, or some are missing.
    ClusterError
        If the embedded cluster was not made yet or cannot be started.
    DemoError
        If another process makes or removes the demo's data now.
    """
    from aura_engine.demo.site import DemoSite
    from aura_engine.errors import ClusterError
    from aura_engine.i18n import t

    urls = settings.database_urls()
    if urls is not None:
        yield urls
        return
    site = DemoSite.at(settings.data_dir, settings.cluster_dir)
    if not site.cluster.exists:
        raise ClusterError(t("cli.no_demo_data", path=settings.cluster_dir))
    with site.exclusively() if exclusively else nullcontext(), site.cluster.acquire() as lease:
        yield site.urls(lease)


@contextmanager
def open_analytics(settings: Settings) -> Iterator[Engine]:
    """Yield the engine of the analytics database; the embedded server runs meanwhile.

    Raises
    ------
    SettingsError, ClusterError
        As :func:`open_databases` does.
    StoreError
        If the database does not answer.
    """
    from aura_engine.store.connect import connect_store
    from aura_engine.store.failures import store_errors

    with open_databases(settings) as urls, store_errors():
        engine = connect_store(urls.analytics)
        try:
            yield engine
        finally:
            engine.dispose()
