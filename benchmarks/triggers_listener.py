"""Connections of a benchmark to its source, and a process that hears every notification there."""

from __future__ import annotations

import multiprocessing
import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import psycopg2

CHANNEL: Final = "aura_data_change"
_LOOK_SECONDS: Final = 0.5
_WORK_SECONDS: Final = 0.02
"""What a reader is busy with once it was woken; it does not look meanwhile."""


def connect(address: Mapping[str, Any]) -> Any:
    """Return an autocommitting connection."""
    link = psycopg2.connect(**address)
    link.autocommit = True
    return link


@contextmanager
def listening(address: Mapping[str, Any]) -> Iterator[None]:
    """Let a process of its own listen meanwhile, as the scheduler does.

    Raises
    ------
    RuntimeError
        If it does not start.
    """
    context = multiprocessing.get_context("spawn")
    is_ready = context.Event()
    listener = context.Process(target=_listen, args=(dict(address), is_ready), daemon=True)
    listener.start()
    try:
        while not is_ready.wait(_LOOK_SECONDS):
            if not listener.is_alive():
                raise RuntimeError(f"the listener ended with status {listener.exitcode}")
        yield
    finally:
        listener.terminate()
        listener.join()


def _listen(address: dict[str, Any], is_ready: Any) -> None:  # pragma: no cover -- another process
    link = connect(address)
    with link.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    is_ready.set()
    while True:
        select.select([link], [], [])
        link.poll()
        del link.notifies[:]
        time.sleep(_WORK_SECONDS)
