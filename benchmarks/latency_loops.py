"""The two loops that `./aura bench latency` compares, each in a process of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event as ProcessEvent
from pathlib import Path
from threading import Event, Thread
from typing import Final

from aura_engine.nlp import REDUCED_MODEL, load_scorer
from aura_engine.pipeline import PipelineContext
from aura_engine.sources import IdentityMap, Source, connect_sources
from aura_engine.sources.changes import Change, Position
from aura_engine.sources.feed import ChangeFeed
from aura_engine.sources.listener import ChangeListener
from aura_engine.sources.people import read_people
from aura_engine.store.activity import references_of, save_activity
from aura_engine.store.change_cursors import cursors
from aura_engine.store.connect import connect_store
from aura_engine.store.leadership import leading
from aura_engine.store.rescored import note_rescored
from benchmarks.site import site_below

KEY: Final = b"k" * 32
TIMEZONE: Final = "America/Mexico_City"
WINDOW_DAYS: Final = 90
_MOST: Final = 200


@contextmanager
def opened(directory: Path, *, reads: bool) -> Iterator[PipelineContext]:
    """Open what runs on the site of a directory need.

    Parameters
    ----------
    directory : Path
        Of `benchmarks.site.temporary_site`.
    reads : bool
        Whether texts are read, by the shipped model.
    """
    site = site_below(directory)
    with site.cluster.acquire() as lease:
        urls = site.urls(lease)
        store = connect_store(urls.analytics)
        try:
            with connect_sources(urls) as sources:
                yield PipelineContext(
                    store=store,
                    sources=sources,
                    scorer=load_scorer(REDUCED_MODEL) if reads else None,
                    text_key=KEY,
                    timezone=TIMEZONE,
                    window_days=WINDOW_DAYS,
                    refit_days=30,
                )
        finally:
            store.dispose()


def ours(directory: Path, reads: bool, ready: ProcessEvent, over: ProcessEvent) -> None:
    """Follow and score as the scheduler does.

    Parameters
    ----------
    directory : Path
        Of the site.
    reads : bool
        Whether texts are read.
    ready, over : multiprocessing.Event
        Set when it follows; set by the caller to end it.
    """
    from aura_engine.settings import Settings
    from scheduler.parts import Led
    from scheduler.pulse import Pulse

    with (
        opened(directory, reads=reads) as context,
        leading(context.store, instance=f"bench:{os.getpid()}") as led,
    ):
        if led is None:
            raise RuntimeError("another process leads")
        pulse = Pulse(
            Led(
                context.led_by(led.fence),
                Settings(),
                context.store,
                "bench",
                led.fence,
                led.since,
            )
        )
        pulse.start()
        _wait_until(lambda: all(_is_up(pulse.status(source)) for source in Source))
        ready.set()
        while not over.wait(0.5):
            led.beat()
        if not pulse.stop(30):
            raise RuntimeError("the pulse did not end")


def raw(directory: Path, reads: bool, ready: ProcessEvent, over: ProcessEvent) -> None:
    """Follow as the scheduler does, read with the same queries, and write rows: no scoring.

    Parameters
    ----------
    directory, reads, ready, over
        As of `ours`; texts are never read, whatever `reads` says of the model at hand.
    """
    woken, stopping = Event(), Event()
    with opened(directory, reads=reads) as context:
        with context.store.connect() as connection:
            known = cursors(connection)
        feeds = {}
        threads = []
        for source in Source:
            held = known[source.value]
            feed = ChangeFeed(source, woken)
            feed.restart(
                Position(held.system_identifier, held.install_id, held.xid, held.id, held.gap)
            )
            feeds[source] = feed
            listener = ChangeListener(context.sources.engine(source).url, feed, stopping)
            threads.append(Thread(target=listener.run, daemon=True))
            threads[-1].start()
        _wait_until(lambda: all(feed.status().is_up for feed in feeds.values()))
        ready.set()
        while not over.is_set():
            woken.wait(0.5)
            woken.clear()
            taken = {source: feed.take(_MOST) for source, feed in feeds.items()}
            changes = [change for part in taken.values() for change in part.changes]
            if changes:
                _store_raw(context, changes)
            for source, part in taken.items():
                feeds[source].done(part)
        stopping.set()
        for thread in threads:
            thread.join()


def _store_raw(context: PipelineContext, changes: list[Change]) -> None:
    now = context.clock()
    with context.store.connect() as connection:
        pairs = references_of(connection, sorted({change.user_ref for change in changes}))
    owners = dict(zip(pairs["reference"], pairs["user_id_raiz"], strict=True))
    who: dict[Source, set[str]] = {}
    for change in changes:
        if change.user_ref in owners:
            who.setdefault(change.source, set()).add(owners[change.user_ref])
    read = read_people(
        context.sources,
        IdentityMap.known(pairs),
        who,
        as_of=now,
        window_days=WINDOW_DAYS,
        timezone=TIMEZONE,
    )
    with context.store.begin() as connection:
        for source, people in who.items():
            rows = read.activity.loc[sorted(people)]
            save_activity(connection, source.value, rows, read_at=now)
        note_rescored(connection, set().union(*who.values()))


def _is_up(status: object) -> bool:
    return bool(getattr(status, "is_up", False))


def _wait_until(holds: object) -> None:
    deadline = time.monotonic() + 60
    while not holds():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise RuntimeError("the sources are not followed after a minute")
        time.sleep(0.05)
