"""What ``./aura demo`` does once its data are current: the servers, until Ctrl-C."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Final
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import typer

from aura_cli.databases import tended
from aura_cli.ports import require_free
from aura_cli.servers import await_ready, running
from aura_engine.errors import StoreError
from aura_engine.i18n import t

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

    from aura_engine.cluster import Lease
    from aura_engine.settings import Settings

NAMES: Final = ("scheduler", "bridge", "ui")
TRICKLE: Final = "trickle"
READY_SECONDS: Final = 600.0
"""A server that died is told at once; one that a busy machine starts slowly is waited for."""
TEND_SECONDS: Final = 1.0


def require_free_ports(settings: Settings) -> None:
    """Check, before minutes are spent on data, that the servers will have their ports.

    Raises
    ------
    SettingsError
        If another program listens on one; names the variable that moves it.
    """
    settings.require_local_or_allowed()
    require_free(settings.bind_address, settings.service_port, "SERVICE_PORT")
    require_free(settings.bind_address, settings.ui_port, "AURA_UI_PORT")


def serve(settings: Settings, lease: Lease, analytics: URL, *, trickles: bool) -> None:
    """Run the servers until SIGINT or SIGTERM; whatever dies meanwhile is started again.

    Parameters
    ----------
    settings : Settings
        Ports and addresses.
    lease : Lease
        Keeps the embedded server; it is healed too if it dies.
    analytics : URL
        Of the analytics database.
    trickles : bool
        Whether people live on meanwhile, in a process of its own that no server waits for.

    Raises
    ------
    DemoError
        If a server does not start.
    """
    from aura_engine.store.connect import connect_store

    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    former = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    store = connect_store(analytics)
    try:
        _say(t("cli.demo_starting", names=", ".join(NAMES)))
        logs = settings.data_dir / "logs"
        with tended(lease), running(NAMES, logs) as servers:
            await_ready(
                servers,
                lambda: stop.is_set() or _all_answer(settings, store),
                timeout=READY_SECONDS,
            )
            if not stop.is_set():
                _say_addresses(settings)
            also = (TRICKLE,) if trickles and not stop.is_set() else ()
            with running(also, logs) as others:
                if others:
                    _say(t("cli.demo_trickling"))
                while not stop.wait(TEND_SECONDS):
                    for server in (*servers, *others):
                        server.tend(_say)
            _say(t("cli.demo_stopping"))
    finally:
        store.dispose()
        for number, handler in former.items():
            signal.signal(number, handler)


def _all_answer(settings: Settings, store: Engine) -> bool:
    from aura_engine.store.access import SYSTEM
    from aura_engine.store.connect import reading
    from aura_engine.store.reads import services

    pages, bridge = _addresses(settings)
    if not (_answers(f"{bridge}/health") and _answers(f"{pages}/_stcore/health")):
        return False
    try:
        with reading(store) as connection:
            found = services(connection, SYSTEM)
    except StoreError:
        return False
    return "scheduler" in found and found["scheduler"].is_up


def _answers(address: str) -> bool:
    """Tell whether a server of ours says it is well; never through a proxy."""
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=2.0) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _addresses(settings: Settings) -> tuple[str, str]:
    host = settings.bind_address if settings.is_local else "127.0.0.1"
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{settings.ui_port}", f"http://{host}:{settings.service_port}"


def _say_addresses(settings: Settings) -> None:
    pages, bridge = _addresses(settings)
    _say(t("cli.demo_ready"))
    for what, address in (
        (t("cli.demo_pages"), pages),
        (t("cli.demo_bridge"), bridge),
        (t("cli.demo_docs"), f"{bridge}/docs"),
    ):
        _say(t("cli.demo_address", what=what, address=address))


def _say(line: str) -> None:
    typer.echo(line, err=True)
