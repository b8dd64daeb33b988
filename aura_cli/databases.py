"""Where the databases are: configured, or in the embedded cluster that ``demo`` made."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from aura_engine.cluster import Lease
    from aura_engine.pipeline.identity import NameSources
    from aura_engine.settings import DatabaseUrls, Settings

TEND_SECONDS: Final = 1.0
"""Between two looks at the embedded server."""
TEND_TIMEOUT: Final = 10.0
"""How long one try to bring it back may take; the next follows."""
END_SECONDS: Final = 2.0
"""How long the end waits for a try that goes on; the lease's release ends it."""


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
    with (
        site.exclusively() if exclusively else nullcontext(),
        site.cluster.acquire() as lease,
        tended(lease),
    ):
        yield site.urls(lease)


@contextmanager
def tended(lease: Lease) -> Iterator[None]:
    """Bring the embedded server back when it dies; what uses it reconnects by itself.

    Parameters
    ----------
    lease : Lease
        This process's hold on the server.
    """
    from aura_engine.logs import error_text, get_logger

    log = get_logger(__name__)
    over = threading.Event()

    def tend() -> None:
        while not over.wait(TEND_SECONDS):
            try:
                lease.ensure(timeout=TEND_TIMEOUT)
            except Exception as error:  # noqa: BLE001 -- whatever it was, the next look may help
                if not over.is_set():
                    log.warning("embedded_server_away", reason=error_text(error))

    tender = threading.Thread(target=tend, daemon=True)
    tender.start()
    try:
        yield
    finally:
        over.set()
        tender.join(END_SECONDS)


@contextmanager
def open_analytics(settings: Settings) -> Iterator[Engine]:
    """Yield the engine of the analytics database; the embedded server runs meanwhile.

    Raises
    ------
    SettingsError, ClusterError
        As :func:`open_databases` does; if it has the address of a source, too.
    StoreError
        If the database does not answer.
    """
    from aura_cli.installation import require_apart
    from aura_engine.store.connect import connect_store
    from aura_engine.store.failures import store_errors

    with open_databases(settings) as urls, store_errors():
        require_apart(urls)
        engine = connect_store(urls.analytics)
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def open_names(settings: Settings) -> Iterator[NameSources | None]:
    """Yield where names are read, for whoever reveals an identity; None where nothing is set.

    The embedded server runs meanwhile, where it is the one that is meant.

    Raises
    ------
    SettingsError, ClusterError
        As :func:`open_databases` does.
    """
    from aura_engine.demo.site import DemoSite
    from aura_engine.pipeline.identity import connect_names

    with ExitStack() as opened:
        urls = settings.identity_urls()
        if settings.database_urls() is None:
            site = DemoSite.at(settings.data_dir, settings.cluster_dir)
            urls = site.identity_urls(opened.enter_context(site.cluster.acquire()))
        yield None if urls is None else opened.enter_context(connect_names(urls))
