"""Where the analytics database is: configured, or in the embedded cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from aura_engine.settings import Settings

ANALYTICS_DATABASE: Final = "aura_data_miner"


@contextmanager
def open_analytics(settings: Settings) -> Iterator[Engine]:
    """Yield the engine of the analytics database; the embedded server runs meanwhile.

    Raises
    ------
    SettingsError
        If no database is configured, or some are missing.
    ClusterError
        If the embedded cluster was not made yet or cannot be started.
    StoreError
        If the database does not answer.
    """
    from sqlalchemy.exc import OperationalError

    from aura_engine.cluster import EmbeddedCluster
    from aura_engine.errors import ClusterError, StoreError
    from aura_engine.i18n import t
    from aura_engine.store.connect import connect_store

    urls = settings.database_urls()
    with ExitStack() as held:
        if urls is not None:
            address = urls.analytics
        else:
            cluster = EmbeddedCluster(settings.cluster_dir)
            if not cluster.exists:
                raise ClusterError(t("cli.no_demo_data", path=settings.cluster_dir))
            address = held.enter_context(cluster.acquire()).url(ANALYTICS_DATABASE)
        engine = connect_store(address)
        held.callback(engine.dispose)
        try:
            yield engine
        except OperationalError as error:
            raise StoreError(t("store.unreachable")) from error
