"""Changes where no triggers are allowed: found by when rows were written, late and not all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Final

from sqlalchemy import text

from aura_engine.errors import SourceError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.sources.changes import Change
from aura_engine.sources.connections import Sources
from aura_engine.sources.feed import ChangeFeed
from aura_engine.sql import load_queries

log = get_logger(__name__)

EVERY: Final = {"often": 5.0, "seldom": 60.0, "edits": 900.0}
"""Seconds between two looks, by kind of query: with an index, without, and of edits."""
OVERLAP: Final = timedelta(seconds=30)
"""Looked at again: a row can commit after others that were written later."""
_PAUSE_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 300.0
"""A scan of a large table takes a while, but not so long."""


@dataclass
class ChangePoller:
    """Looks for changes of one source until it is stopped.

    Parameters
    ----------
    sources : Sources
        The three sources, by pools of the poller's own; closed when it ends.
    feed : ChangeFeed
        Gets what is found.
    stopping : threading.Event
        Ends it, once a look that goes on has ended.
    since : datetime
        What was written earlier has been read by a run.
    """

    sources: Sources
    feed: ChangeFeed
    stopping: Event
    since: datetime
    _through: dict[str, datetime] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)

    def run(self) -> None:
        """Look again and again; ends only by `stopping`."""
        with self.sources:
            while not self.stopping.is_set():
                try:
                    for kind in self._kinds_due():
                        self._look(kind)
                    self.feed.up(t("changes.polled"))
                except SourceError as error:
                    log.warning("changes_not_polled", source=self.feed.source.value)
                    self.feed.down(str(error), is_away=True)
                self.stopping.wait(_PAUSE_SECONDS)

    def _kinds_due(self) -> Iterator[str]:
        queries = load_queries("polling")
        now = time.monotonic()
        for kind, seconds in EVERY.items():
            known = f"{self.feed.source.value}_{kind}" in queries
            if known and now >= self._due.get(kind, now):
                yield kind
                self._due[kind] = now + seconds

    def _look(self, kind: str) -> None:
        begun = datetime.now(UTC)
        source = self.feed.source
        after = self._through.get(kind, self.since) - OVERLAP
        query = load_queries("polling")[f"{source.value}_{kind}"]
        with self.sources.impatient(_ANSWER_SECONDS).reading(source) as connection:
            rows = connection.execute(text(query), {"after": after}).all()
        self.feed.add(
            Change(source, row.table_name, row.operation, row.user_ref)
            for row in rows
            if row.user_ref is not None
        )
        self._through[kind] = begun
