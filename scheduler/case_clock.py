"""The case clock's job: what is due in the store, then what is to be told outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from aura_engine.errors import NoticeError
from aura_engine.logs import get_logger
from aura_engine.pipeline import PipelineContext
from aura_engine.settings import Settings
from aura_engine.store.case_clock import tick
from aura_engine.store.case_notices import claim, record_failed, record_sent
from aura_engine.working_hours import WorkingHours
from scheduler.notices import Sender, senders

log = get_logger(__name__)

CASE_CLOCK_SECONDS: Final = 60
"""Between two looks."""
MOST_AT_ONCE: Final = 50
"""Notices that one look sends through a channel; the next one goes on."""


@dataclass(frozen=True)
class CaseClock:
    """Keeps deadlines and tells of urgent cases; a plain call each minute.

    Parameters
    ----------
    store : Engine
        The analytics database.
    working : WorkingHours
        In which deadlines run.
    senders : mapping
        What can tell, by channel.
    clock : callable
        Returns the present, zone-aware.
    """

    store: Engine
    working: WorkingHours
    senders: Mapping[str, Sender]
    clock: Callable[[], datetime]

    @classmethod
    def of(cls, context: PipelineContext, settings: Settings) -> CaseClock:
        """Return the clock that the settings ask for."""
        return cls(context.store, settings.working_hours, senders(settings), context.clock)

    def look(self) -> None:
        """Do what is due, and tell what is to be told.

        Raises
        ------
        StoreError
            If the analytics database does not answer; nothing is lost, the next look goes on.
        """
        done = tick(
            self.store,
            now=self.clock(),
            working=self.working,
            channels=tuple(self.senders),
        )
        if any(asdict(done).values()):
            log.info("case_clock", **asdict(done))
        for channel, sender in self.senders.items():
            self._send(channel, sender)

    def _send(self, channel: str, sender: Sender) -> None:
        """Tell what is due through a channel; after a failure the rest waits for its next turn."""
        for _ in range(MOST_AT_ONCE):
            notice = claim(self.store, channel, now=self.clock())
            if notice is None:
                return
            try:
                sender.send(notice, now=self.clock())
            except NoticeError as error:
                log.error("notice_failed", channel=channel, notice=notice.id, reason=str(error))
                record_failed(self.store, notice, error=str(error), now=self.clock())
                return
            record_sent(self.store, notice, now=self.clock())
            log.info("notice_sent", channel=channel, notice=notice.id)
