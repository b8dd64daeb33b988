"""Changes of one source that were read and wait to be scored, and how its reading goes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Event, Lock
from typing import Final

from aura_engine.sources.changes import Change, LogPage, Position
from aura_engine.sources.connections import Source

MOST_WAITING: Final = 50_000
"""Beyond this the log is read no further until some are scored."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a batch takes of a source.

    Attributes
    ----------
    changes : tuple of Change
        In their order.
    position : Position or None
        Where the source was read up to once these are scored; None where nothing moves.
    resync : str or None
        Why everyone has to be read again.
    """

    changes: tuple[Change, ...]
    position: Position | None
    resync: str | None
    epoch: int = 0
    """Of the log that they are of; another one has begun where the feed's is higher."""
    demands: int = 0
    """How often a resync had been demanded by then."""


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """How the reading of a source's changes goes.

    Attributes
    ----------
    is_up : bool
        Whether its changes are read now.
    is_away : bool
        Whether it does not even answer.
    since : datetime
        Since when that is so.
    problem : str or None
        What to do about it.
    waiting : int
        Changes that are read and not yet scored.
    lag_seconds : float
        Age of the oldest of them; 0 where none waits.
    queue_usage : float
        Share of the server's notification queue that is full, 0-1.
    snapshot_age : float
        Seconds that a transaction of the source has held up the reading.
    """

    is_up: bool
    is_away: bool
    since: datetime
    problem: str | None
    waiting: int
    lag_seconds: float
    queue_usage: float
    snapshot_age: float


@dataclass
class ChangeFeed:
    """Between the thread that reads a source's log and the one that scores.

    Parameters
    ----------
    source : Source
        Whose changes.
    woken : threading.Event
        Set when there is something to take.
    position : Position or None
        Where the reading goes on; None where the log was never read.
    """

    source: Source
    woken: Event
    position: Position | None = None
    _waiting: deque[tuple[Change, datetime]] = field(default_factory=deque)
    _reached: Position | None = None
    """Where the log was read up to after all that waits."""
    _resync: str | None = None
    _demands: int = 0
    _epoch: int = 0
    _lock: Lock = field(default_factory=Lock)
    _is_up: bool = False
    _is_away: bool = False
    _since: datetime = field(default_factory=lambda: datetime.now(UTC))
    _problem: str | None = None
    _queue_usage: float = 0.0
    _snapshot_age: float = 0.0

    @property
    def is_full(self) -> bool:
        """Whether nothing more should be read now."""
        return len(self._waiting) >= MOST_WAITING

    def offer(self, page: LogPage, snapshot_age: float) -> None:
        """Keep what was read.

        Parameters
        ----------
        page : LogPage
            Of the log.
        snapshot_age : float
            Seconds for which the oldest transaction has not moved.
        """
        now = datetime.now(UTC)
        with self._lock:
            if page.resync == "restored" or self._is_another_log(page.position):
                # Its places mean nothing any more, and everyone is read again.
                self._waiting.clear()
                self._epoch += 1
            self.position = self._reached = page.position
            self._waiting.extend((change, now) for change in page.changes)
            if page.resync is not None:
                self._resync = page.resync
                self._demands += 1
            self._queue_usage = page.state.queue_usage
            self._snapshot_age = snapshot_age
        if page.changes or page.resync is not None:
            self.woken.set()

    def _is_another_log(self, now: Position) -> bool:
        held = self._reached
        return held is not None and (held.system_identifier, held.install_id) != (
            now.system_identifier,
            now.install_id,
        )

    def add(self, changes: Iterable[Change]) -> None:
        """Keep changes to be scored that no log holds."""
        now = datetime.now(UTC)
        with self._lock:
            before = len(self._waiting)
            self._waiting.extend((change, now) for change in changes)
            wakes = len(self._waiting) > before
        if wakes:
            self.woken.set()

    def demand(self, resync: str, gap: int) -> None:
        """Ask that everyone is read again, since the triggers failed to log something."""
        with self._lock:
            self._resync = resync
            self._demands += 1
            for name in ("position", "_reached"):
                held: Position | None = getattr(self, name)
                if held is not None:
                    setattr(self, name, replace(held, gap=gap))
        self.woken.set()

    def take(self, most_people: int) -> Taken:
        """Return the changes of the next people, which stay here until `done`.

        Parameters
        ----------
        most_people : int
            Distinct references.
        """
        with self._lock:
            people: set[str] = set()
            taken: list[Change] = []
            for change, _ in self._waiting:
                if change.user_ref not in people and len(people) == most_people:
                    break
                people.add(change.user_ref)
                taken.append(change)
            position = self._reached
            if len(taken) < len(self._waiting):
                last = next((change for change in reversed(taken) if change.xid), None)
                position = None
                if last is not None and self._reached is not None:
                    position = replace(self._reached, xid=last.xid, id=last.id)
            # With the first part already, since the place after it tells of the demand no more.
            return Taken(tuple(taken), position, self._resync, self._epoch, self._demands)

    def done(self, taken: Taken) -> None:
        """Forget what was scored, unless another log has begun meanwhile."""
        with self._lock:
            if taken.epoch == self._epoch:
                for _ in taken.changes:
                    self._waiting.popleft()
            if taken.resync is not None and taken.demands == self._demands:
                self._resync = None

    def up(self, warning: str | None = None) -> None:
        """Note that the source is read, and what is not well all the same."""
        self._note(is_up=True, is_away=False, problem=warning)

    def down(self, problem: str, *, is_away: bool = False) -> None:
        """Note that the source is not read, and why; and whether it does not even answer."""
        self._note(is_up=False, is_away=is_away, problem=problem)

    def restart(self, position: Position | None) -> None:
        """Forget everything and go on from a stored position."""
        with self._lock:
            self._waiting.clear()
            self._epoch += 1
            self.position, self._reached, self._resync = position, None, None

    def _note(self, *, is_up: bool, is_away: bool, problem: str | None) -> None:
        with self._lock:
            if is_up != self._is_up:
                self._since = datetime.now(UTC)
            self._is_up, self._is_away, self._problem = is_up, is_away, problem

    def status(self) -> FeedStatus:
        """Return how the reading goes."""
        with self._lock:
            lag = 0.0
            if self._waiting:
                lag = (datetime.now(UTC) - self._waiting[0][1]).total_seconds()
            return FeedStatus(
                self._is_up,
                self._is_away,
                self._since,
                self._problem,
                len(self._waiting),
                lag,
                self._queue_usage,
                self._snapshot_age,
            )
