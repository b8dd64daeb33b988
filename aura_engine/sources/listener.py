"""The one connection that follows a source's changes: LISTEN, catch up, wait, and come back.

The connection is the driver's asynchronous one, since only there every answer can be waited for
with a limit: a peer that is gone without a word looks alive to a socket for a very long time.
"""

from __future__ import annotations

import json
import random
import select
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final

import psycopg2
from psycopg2 import extensions
from sqlalchemy import URL

from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.sources.changes import CHANNEL, Change, Rows, read_log, statement
from aura_engine.sources.feed import ChangeFeed

log = get_logger(__name__)

POLL_SECONDS: Final = 1.0
"""How long a lost notification can delay a change."""
ANSWER_SECONDS: Final = 8.0
"""A source that takes longer for a read by its key is not there."""
HEARTBEAT_SECONDS: Final = 10.0
FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 8.0
SOON: Final = 0.01
"""First look after a notification whose row is not complete yet; then twice as long each time."""
LOOK_AGAIN_SECONDS: Final = 10.0
"""How often triggers are looked for where there are none."""
HELD_SECONDS: Final = 2.0
"""How long the log row of a notification is waited for before it is taken for one without."""
_KEEPALIVE: Final = {
    "application_name": "aura-monitor-changes",
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,
}


class _NoAnswer(Exception):
    """The server did not answer in time."""


class _NotListening(Exception):
    """Something between us and the server lends its sessions to others."""


class _Stopped(Exception):
    """The listener is to end."""


@dataclass
class ChangeListener:
    """Follows one source until it is stopped; a source that is away delays only itself.

    Parameters
    ----------
    url : URL
        Of the source itself, neither of a standby nor of a pooler that lends sessions.
    feed : ChangeFeed
        Gets what is read.
    stopping : threading.Event
        Ends it, within a second.
    """

    url: URL
    feed: ChangeFeed
    stopping: Event
    _link: Any = None
    _warning: str | None = None
    _stuck: tuple[int, float] = (0, 0.0)
    """The oldest transaction, and since when (by the monotonic clock) it is."""
    _gap: tuple[int, int] | None = None
    """A count of failures that has moved, and the transaction below which they have ended."""
    _recent: dict[str, float] = field(default_factory=dict)
    _held: dict[str, tuple[float, Change]] = field(default_factory=dict)

    def run(self) -> None:
        """Listen; ends only by `stopping`."""
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            try:
                self._connect()
                pause = FIRST_PAUSE
                self._follow()
            except _Stopped:
                break
            except _NotListening:
                self._warning = t("changes.pooled", variable=self.feed.source.variable)
                log.warning("listening_lost", source=self.feed.source.value)
            except (psycopg2.Error, _NoAnswer, OSError) as error:
                self._explain(error)
            except Exception as error:  # a thread that ended would look like a quiet source
                log.error("listener_failed", source=self.feed.source.value, exc_info=error)
                self.feed.down(t("changes.failed", kind=type(error).__name__))
            finally:
                self._close()
            self.stopping.wait(pause * (0.5 + random.random()))  # noqa: S311  no secret
            pause = min(LONGEST_PAUSE, pause * 2)

    def _explain(self, error: Exception) -> None:
        names = {"database": self.feed.source.database, "variable": self.feed.source.variable}
        code = getattr(error, "pgcode", None)
        self.feed.down(t("changes.away", **names), is_away=True)
        log.warning(
            "changes_not_followed",
            source=self.feed.source.value,
            kind=type(error).__name__,
            sqlstate=code,
        )

    def _connect(self) -> None:
        address = self.url.translate_connect_args(username="user", database="dbname")
        options = {**address, **self.url.query, **_KEEPALIVE}
        self._link = psycopg2.connect(**options, async_=True)
        self._wait(time.monotonic() + ANSWER_SECONDS)
        self._ask_raw(f"LISTEN {CHANNEL}")

    def _close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _follow(self) -> None:
        """Catch up, then wait for whatever comes first: a notification, or time."""
        self._wait_for_log()
        beat = time.monotonic() + HEARTBEAT_SECONDS
        soon: float | None = None
        while True:
            is_whole, is_late = self._catch_up()
            self.feed.up(self._warning)
            self._release_held(every=False)
            if not is_whole:
                continue
            soon = min(POLL_SECONDS, soon * 2) if soon and is_late else None
            self._sleep(soon or POLL_SECONDS)
            if self._take_notifications() and soon is None:
                soon = SOON
            if time.monotonic() >= beat:
                beat = time.monotonic() + HEARTBEAT_SECONDS
                if not self._ask("channels", {})[0][0]:
                    raise _NotListening
                self._warning = None

    def _wait_for_log(self) -> None:
        """Wait until there is a log to read; older triggers only notify."""
        database, source = self.feed.source.database, self.feed.source.value
        while True:
            is_readable, is_standby = self._ask("is_readable", {})[0]
            if is_readable and not is_standby:
                return
            problem = "changes.standby" if is_standby else "changes.no_triggers"
            self.feed.down(t(problem, database=database, source=source))
            self._sleep(LOOK_AGAIN_SECONDS)
            self._take_notifications()
            self._release_held(every=True)

    def _catch_up(self) -> tuple[bool, bool]:
        """Read a page; tell whether it was the last, and whether a transaction goes on."""
        if self.feed.is_full:
            self._sleep(SOON)
            return True, True
        page = read_log(self.feed.source, self._ask, self.feed.position)
        now, state = time.monotonic(), page.state
        is_late = state.xmin < state.xmax
        if not is_late or self._stuck[0] != state.xmin:
            self._stuck = (state.xmin, now)
        for change in page.changes:
            self._recent[change.user_ref] = now
            self._held.pop(change.user_ref, None)
        if len(self._recent) > 10_000:
            self._recent = {
                who: at for who, at in self._recent.items() if now - at < 2 * HELD_SECONDS
            }
        self.feed.offer(page, now - self._stuck[1] if is_late else 0.0)
        # After the page, whose position is of the former count.
        self._watch_gap(page.position.gap, state.gap, state.xmin, state.xmax)
        return page.is_whole, is_late

    def _watch_gap(self, known: int, gap: int, xmin: int, xmax: int) -> None:
        """Have everyone read again once the transactions that could not be logged have ended."""
        if gap == known:
            self._gap = None
        elif self._gap is None or self._gap[0] != gap:
            self._gap = (gap, xmax)
        if self._gap is not None and xmin >= self._gap[1]:
            self.feed.demand("not_logged", self._gap[0])
            self._gap = None

    def _take_notifications(self) -> bool:
        """Look at what came; tell whether anything did."""
        link = self._link
        link.poll()
        came = bool(link.notifies)
        now = time.monotonic()
        for notice in link.notifies:
            change = self._named(notice.payload)
            if change and now - self._recent.get(change.user_ref, -HELD_SECONDS) >= HELD_SECONDS:
                self._held.setdefault(change.user_ref, (now, change))
        del link.notifies[:]
        return came

    def _named(self, payload: str) -> Change | None:
        """Return what a notification says of one person, if it does."""
        try:
            told = json.loads(payload)
            return Change(
                self.feed.source, str(told["table"]), str(told["operation"]), str(told["user_id"])
            )
        except (ValueError, KeyError, TypeError):
            return None

    def _release_held(self, *, every: bool) -> None:
        """Have whoever was named and is in no log row read all the same: older triggers do that."""
        now = time.monotonic()
        due = [who for who, (at, _) in self._held.items() if every or now - at >= HELD_SECONDS]
        if due:
            self.feed.add([self._held.pop(who)[1] for who in due])

    def _sleep(self, seconds: float) -> None:
        """Wait for a notification at most so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.stopping.is_set():
                raise _Stopped
            if select.select([self._link], [], [], min(left, 0.5))[0]:
                return

    def _ask(self, query: str, parameters: Mapping[str, object]) -> Rows:
        return self._ask_raw(statement(query), parameters)

    def _ask_raw(self, query: str, parameters: Mapping[str, object] | None = None) -> Rows:
        with self._link.cursor() as cursor:
            cursor.execute(query, parameters)
            self._wait(time.monotonic() + ANSWER_SECONDS)
            return cursor.fetchall() if cursor.description else []

    def _wait(self, deadline: float) -> None:
        link = self._link
        while (state := link.poll()) != extensions.POLL_OK:
            if self.stopping.is_set():
                raise _Stopped
            left = deadline - time.monotonic()
            if left <= 0:
                raise _NoAnswer
            waits = ([link], []) if state == extensions.POLL_READ else ([], [link])
            select.select(*waits, [], min(left, 0.5))
