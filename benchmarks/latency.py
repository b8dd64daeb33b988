"""``./aura bench latency``: from a commit in a source to the committed, rescored row."""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, text

from aura_engine.cluster import Lease
from aura_engine.pipeline import RunParameters, run_full
from aura_engine.sources import Source
from aura_engine.sources.triggers import install_triggers
from benchmarks.latency_loops import opened, ours, raw
from benchmarks.measuring import print_figures
from benchmarks.site import connected, populate, temporary_site

SETTLE_SECONDS: Final = 30.0
"""How long the last changes are waited for; what has no row then is lost."""
LOOK_SECONDS: Final = 0.003
_WATCH: Final = text(
    "SELECT CAST(user_id_raiz AS text) AS person, seq FROM rescored WHERE seq > :seq ORDER BY seq"
)
_PEOPLE: Final = text(
    "SELECT CAST(CAST(md5('user' || n) AS uuid) AS text) AS person"
    " FROM generate_series(0, :people - 1) AS n"
)
CHANGES: Final = {
    "message": (
        Source.MESSAGING,
        (
            "INSERT INTO messages (sender_profile_id, content)"
            " SELECT profile_id, :words FROM users"
            " WHERE profile_id IN (CAST(md5('profile' || :n) AS uuid),"
            " CAST(md5('user' || :n) AS uuid))"
        ),
    ),
    "post": (
        Source.SOCIAL,
        "INSERT INTO posts (user_id, content) VALUES (CAST(md5('user' || :n) AS uuid), :words)",
    ),
    "follow": (
        Source.SOCIAL,
        (
            "INSERT INTO friendships (requester_id, addressee_id)"
            " SELECT CAST(md5('user' || :n) AS uuid), user_id FROM user_profiles"
            " ORDER BY random() LIMIT 1 ON CONFLICT DO NOTHING"
        ),
    ),
    "join": (
        Source.SOCIAL,
        (
            "INSERT INTO community_members (community_id, user_id)"
            " SELECT id, CAST(md5('user' || :n) AS uuid) FROM communities ORDER BY random() LIMIT 1"
        ),
    ),
    "leave": (
        Source.SOCIAL,
        (
            "DELETE FROM community_members WHERE ctid = (SELECT ctid FROM community_members"
            " WHERE user_id = CAST(md5('user' || :n) AS uuid) LIMIT 1)"
        ),
    ),
}
ORDER: Final = ("message", "message", "post", "message", "follow", "message", "join", "message")
"""Most changes are messages."""


@dataclass
class Watched:
    """When whose row was seen to be committed.

    Parameters
    ----------
    store : Engine
        Of the analytics database.
    """

    store: Engine
    seen: dict[str, list[float]] = field(default_factory=dict)
    _over: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def __enter__(self) -> Watched:
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        engine = self.store.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            newest = connection.scalar(text("SELECT coalesce(max(seq), 0) FROM rescored"))
            while not self._over.wait(LOOK_SECONDS):
                for row in connection.execute(_WATCH, {"seq": newest}):
                    self.seen.setdefault(row.person, []).append(time.perf_counter())
                    newest = row.seq

    def since(self, person: str, moment: float) -> float | None:
        """Return when someone's row was first seen after a moment."""
        return next((at for at in self.seen.get(person, ()) if at >= moment), None)


def write(lease: Lease, people: int, *, rate: float, seconds: float) -> list[tuple[str, float]]:
    """Write changes at a rate; return whom each concerns, and when it was committed.

    Parameters
    ----------
    lease : Lease
        A hold on the server.
    people : int
        Of the population; each has their turn before anyone has another.
    rate : float
        Changes a second.
    seconds : float
        How long.
    """
    engines = {source: create_engine(lease.url(source.database)) for source in Source}
    links: dict[Source, Connection] = {
        source: engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        for source, engine in engines.items()
    }
    ids = [row.person for row in links[Source.SOCIAL].execute(_PEOPLE, {"people": people})]
    written = []
    started = time.perf_counter()
    for number in range(int(rate * seconds)):
        while (wait := started + number / rate - time.perf_counter()) > 0:
            time.sleep(wait)
        n = number % people
        source, statement = CHANGES[ORDER[number % len(ORDER)]]
        values: dict[str, Any] = {"n": n, "words": f"hoy no quiero ver a nadie {number}"}
        given = {name: value for name, value in values.items() if f":{name}" in statement}
        done = links[source].execute(text(statement), given)
        if done.rowcount:
            written.append((ids[n], time.perf_counter()))
    for source, link in links.items():
        link.close()
        engines[source].dispose()
    return written


def measure(
    loop: Callable[..., None],
    directory: Path,
    lease: Lease,
    store: Engine,
    *,
    reads: bool,
    people: int,
    rate: float,
    seconds: float,
) -> tuple[list[float], int]:
    """Write changes while a loop follows them; return milliseconds, and how many came never.

    Parameters
    ----------
    loop : callable
        `ours` or `raw`.
    directory, lease, store
        Of the site.
    reads : bool
        Whether texts are read.
    people, rate, seconds
        As of `write`.
    """
    context = multiprocessing.get_context("spawn")
    ready, over = context.Event(), context.Event()
    process = context.Process(target=loop, args=(directory, reads, ready, over))
    process.start()
    try:
        if not ready.wait(120):
            raise RuntimeError(f"{loop.__name__} did not begin")
        write(lease, people, rate=rate, seconds=2)  # so that everything was used once
        time.sleep(2)
        with Watched(store) as watched:
            written = write(lease, people, rate=rate, seconds=seconds)
            deadline = time.perf_counter() + SETTLE_SECONDS
            while time.perf_counter() < deadline and any(
                watched.since(*change) is None for change in written
            ):
                time.sleep(0.2)
    finally:
        over.set()
        process.join(60)
    found = [(at, watched.since(person, at)) for person, at in written]
    return [1000 * (end - at) for at, end in found if end is not None], sum(
        end is None for _, end in found
    )


def main() -> None:
    """Measure, print a table and the figures."""
    parser = argparse.ArgumentParser(prog="./aura bench latency", description=__doc__)
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--rate", type=float, default=50.0, help="changes a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    load = {"people": options.people, "rate": options.rate, "seconds": options.seconds}
    with temporary_site() as (directory, site, lease):
        populate(lease, options.people, through=datetime.now(UTC))
        for source in Source:
            owner = create_engine(lease.url(source.database))
            install_triggers(owner, source)
            owner.dispose()
        with opened(directory, reads=False) as context:
            run_full(context, parameters=RunParameters(skip_nlp=True))
        with connected(site.urls(lease).analytics) as store:
            found = {
                "raw loop": measure(raw, directory, lease, store, reads=False, **load),
                "without NLP": measure(ours, directory, lease, store, reads=False, **load),
            }
            with opened(directory, reads=True) as context:
                run_full(context)
            found["with NLP"] = measure(ours, directory, lease, store, reads=True, **load)
    _print_table(found)
    print_figures(figures(found))


def figures(found: dict[str, tuple[list[float], int]]) -> dict[str, float]:
    """Return the figures for scripts: of the loop with the language model where not said."""
    plain, read, base = (found[name][0] for name in ("without NLP", "with NLP", "raw loop"))
    return {
        "p50_ms": percentile(read, 50),
        "p95_ms": percentile(read, 95),
        "p99_ms": percentile(read, 99),
        "p50_raw_ms": percentile(base, 50),
        "overhead": percentile(plain, 50) / percentile(base, 50),
        "lost": sum(lost for _, lost in found.values()),
    }


def percentile(values: list[float], percent: int) -> float:
    """Return the smallest value that this share of them do not exceed, by interpolation."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _print_table(found: dict[str, tuple[list[float], int]]) -> None:
    print(f"{'ms from commit to commit':26}{'p50':>9}{'p95':>9}{'p99':>9}{'changes':>9}{'lost':>6}")
    for name, (values, lost) in found.items():
        of = [percentile(values, percent) for percent in (50, 95, 99)]
        print(f"{name:26}" + "".join(f"{v:9.1f}" for v in of) + f"{len(values):9}{lost:6}")


if __name__ == "__main__":
    main()
