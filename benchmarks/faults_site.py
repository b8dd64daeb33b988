"""Sources with triggers, a first run, and a pulse that faults are done to."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, text

from aura_engine.cluster import Lease
from aura_engine.pipeline import PipelineContext, run_full
from aura_engine.settings import Settings, documented_variables
from aura_engine.sources import Source
from aura_engine.sources.triggers import install_triggers
from aura_engine.store.change_cursors import cursors
from aura_engine.store.leadership import leading
from benchmarks.latency import CHANGES, ORDER
from benchmarks.latency_loops import opened
from benchmarks.site import populate, site_below, temporary_site
from scheduler.parts import Led
from scheduler.pulse import Pulse

PATIENCE: Final = 600.0
"""Seconds after which what is waited for does not come."""
LISTENERS: Final = "aura-monitor-changes"
_LOOK_SECONDS: Final = 0.02
_WORDS: Final = 40
_FEW_WORDS: Final = {
    Source.SOCIAL: ("posts", "comments"),
    Source.MESSAGING: ("messages",),
}
_NEWEST: Final = text(
    "SELECT CAST(CAST(xid AS text) AS bigint) AS xid, id FROM aura_cdc.change_log"
    " ORDER BY xid DESC, id DESC LIMIT 1"
)

Mark = dict[Source, tuple[int, int]]
"""A place in the log of each source."""


@dataclass
class FaultSite:
    """A small installation whose services go on writing.

    Parameters
    ----------
    directory : Path
        From which another process finds it.
    lease : Lease
        A hold on its server.
    context : PipelineContext
        Databases and language model of ours.
    people : int
        In the population.
    """

    directory: Path
    lease: Lease
    context: PipelineContext
    people: int
    _engines: dict[Source, Engine] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def engine(self, source: Source) -> Engine:
        """Return an engine with every right in a source."""
        if source not in self._engines:
            url = self.lease.url(source.database)
            self._engines[source] = create_engine(url, pool_pre_ping=True, pool_size=20)
        return self._engines[source]

    def environment(self) -> dict[str, str]:
        """Return what another process needs in its environment to work on this installation."""
        urls = site_below(self.directory).urls(self.lease)
        addresses = {
            f"DATABASE_URL_{name.upper()}": url.render_as_string(hide_password=False)
            for name, url in vars(urls).items()
        }
        kept = {k: v for k, v in os.environ.items() if k not in documented_variables()}
        own = {"AURA_DATA_DIR": str(self.directory), "AURA_ENV_FILE": os.devnull}
        return kept | own | addresses

    def close(self) -> None:
        """Close the engines."""
        for engine in self._engines.values():
            engine.dispose()

    def write(self, source: Source, statement: str, **values: object) -> int:
        """Run and commit a statement in a source; return how many rows it changed."""
        with self.engine(source).begin() as connection:
            return int(connection.execute(text(statement), values).rowcount)

    def change(self, only: Source | None = None) -> int:
        """Let the next person do what is next, perhaps in one source only; return their number."""
        while True:
            number = next(self._numbers)
            # Not by a common divisor, so that everyone does everything.
            source, statement = CHANGES[ORDER[(number + number // self.people) % len(ORDER)]]
            if only is not None and source is not only:
                continue
            who = number % self.people
            given = {"n": str(who), "words": f"hoy no quiero ver a nadie {number % _WORDS}"}
            values = {name: value for name, value in given.items() if f":{name}" in statement}
            if self.write(source, statement, **values):
                return who

    def new_bio(self, who: int) -> None:
        """Change a profile, after which its person is looked up in all three sources."""
        statement = (
            "UPDATE user_profiles SET bio = coalesce(bio, '') || '!'"
            " WHERE user_id = CAST(md5('user' || :n) AS uuid)"
        )
        if self.write(Source.SOCIAL, statement, n=str(who)) != 1:
            raise RuntimeError(f"person {who} has no profile")

    @contextmanager
    def writing(
        self, over: threading.Event, *, rate: float, writes: int | None = None
    ) -> Iterator[Future[None]]:
        """Let changes be written meanwhile, at a steady rate; yield what ends with the last.

        Parameters
        ----------
        over : threading.Event
            Ends it sooner.
        rate : float
            Changes a second.
        writes : int, optional
            As many changes; until it is over where not given.
        """

        def work() -> None:
            began = time.monotonic()
            for number in itertools.count() if writes is None else range(writes):
                if over.wait(max(0.0, began + number / rate - time.monotonic())):
                    break
                self.change()

        with ThreadPoolExecutor(1) as pool:
            written = pool.submit(work)
            try:
                yield written
            except BaseException:
                over.set()
                raise
        written.result()

    def newest(self, *sources: Source) -> Mark:
        """Return where the logs of some sources, or of all, end now."""
        found: Mark = {}
        for source in sources or Source:
            with self.engine(source).connect() as connection:
                row = connection.execute(_NEWEST).one_or_none()
            if row is not None:
                found[source] = (row.xid, row.id)
        return found

    def is_scored(self, mark: Mark) -> bool:
        """Tell whether everything up to a place is scored, or kept until a source is back."""
        with self.context.store.connect() as connection:
            known = cursors(connection)
        return all(
            (known[source.value].xid, known[source.value].id) >= place
            for source, place in mark.items()
        )

    def is_done(self) -> bool:
        """Tell whether everything that is logged is scored, and nothing waits."""
        return self.ask("SELECT count(*) FROM waiting_change") == 0 and self.is_scored(
            self.newest()
        )

    def ask(self, question: str, **parameters: object) -> Any:
        """Return one value of the analytics database."""
        with self.context.store.connect() as connection:
            return connection.scalar(text(question), parameters)

    def administer(self, statement: str, **values: object) -> None:
        """Run a statement beside the sources, as the server's superuser."""
        engine = create_engine(self.lease.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement), values)
        engine.dispose()

    @contextmanager
    def following(self, context: PipelineContext | None = None) -> Iterator[Pulse]:
        """Lead and follow within this block; begins once every source is followed.

        Parameters
        ----------
        context : PipelineContext, optional
            Where sources are reached otherwise.
        """
        context = context or self.context
        instance = f"faults:{os.getpid()}"
        with leading(context.store, instance=instance) as led:
            if led is None:
                raise RuntimeError("another process leads")
            leader = context.led_by(led.fence)
            pulse = Pulse(Led(leader, Settings(), context.store, instance, led.fence, led.since))
            pulse.start()
            try:
                seconds_until(lambda: all(is_up(pulse, source) for source in Source))
                yield pulse
            finally:
                if not pulse.stop(PATIENCE):
                    raise RuntimeError("the pulse did not end")


def is_up(pulse: Pulse, source: Source) -> bool:
    """Tell whether a source's changes are followed."""
    status = pulse.status(source)
    return status is not None and status.is_up


def is_away(pulse: Pulse, source: Source) -> bool:
    """Tell whether a source is known not to answer."""
    status = pulse.status(source)
    return status is not None and status.is_away and bool(status.problem)


def seconds_until(check: Callable[[], object]) -> float:
    """Wait until something is so; return for how long.

    Raises
    ------
    RuntimeError
        If it does not become so.
    """
    began = time.monotonic()
    while not check():
        if time.monotonic() - began > PATIENCE:
            raise RuntimeError(f"not so within {PATIENCE:g} s: {check}")
        time.sleep(_LOOK_SECONDS)
    return time.monotonic() - began


@contextmanager
def fault_site(people: int) -> Iterator[FaultSite]:
    """Make sources of so many people, install the triggers, and make the first run."""
    with temporary_site() as (directory, _site, lease):
        populate(lease, people, through=datetime.now(UTC))
        with opened(directory, reads=True) as context:
            made = FaultSite(directory, lease, replace(context), people)
            try:
                _prepare(made)
                run_full(context)
                yield made
            finally:
                made.close()


def _prepare(site: FaultSite) -> None:
    for source, tables in _FEW_WORDS.items():
        for table in tables:
            # Nothing leaves the window meanwhile, and the language model has little to read.
            site.write(
                source,
                f"DELETE FROM {table} WHERE created_at < now() - interval '80 days'",
            )
            site.write(
                source,
                f"UPDATE {table} SET content = 'nos vemos ' || abs(hashtext(id::text)) % :n",
                n=_WORDS,
            )
    for source in Source:
        install_triggers(site.engine(source), source)
