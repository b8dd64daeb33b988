"""The process: stands by, leads, steps down, and ends so that nothing is left half said."""

from __future__ import annotations

import os
import socket
import time
from datetime import UTC, datetime
from typing import Final

from aura_engine.errors import AuraError, LeadershipLost, SettingsError, StoreError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.pipeline import PipelineContext
from aura_engine.settings import Settings
from aura_engine.store.leadership import BEAT_SECONDS, Leadership, leading
from aura_engine.store.services import STANDBY, report
from scheduler.cron import last_due
from scheduler.leading import parts_of
from scheduler.metrics import LEADER, exposed
from scheduler.parts import Led, stop_all
from scheduler.signals import StopSignal

log = get_logger(__name__)

TRY_SECONDS: Final = 1.5
"""Between two tries of a standby to lead."""
REPORT_SECONDS: Final = 4.0
"""Between two reports of a standby."""
STOP_SECONDS: Final = 9.0
"""How long the parts of a leader get to end."""


def serve(settings: Settings, context: PipelineContext) -> None:
    """Work until SIGINT or SIGTERM.

    Parameters
    ----------
    settings : Settings
        Times, zone, port of the metrics.
    context : PipelineContext
        Databases and language model; stays the caller's to close.

    Raises
    ------
    SettingsError
        If the port of the metrics is taken, or the nightly run would never be due.
    """
    if last_due(settings.nightly_cron, context.clock(), settings.zone) is None:
        raise SettingsError(t("settings.cron_never"))
    stop = StopSignal()
    stop.listen()
    with exposed(settings):
        scheduler = Scheduler(settings, context, f"{socket.gethostname()}:{os.getpid()}", stop)
        log.info("scheduler_started", instance=scheduler.instance)
        scheduler.work()
    log.info("scheduler_stopped", signal=stop.name)


class Scheduler:
    """One of the schedulers of an installation, of which one leads.

    Parameters
    ----------
    settings : Settings
        Of this process.
    context : PipelineContext
        Databases and language model.
    instance : str
        This process among others.
    stop : StopSignal
        Comes when it is to end.
    """

    def __init__(
        self, settings: Settings, context: PipelineContext, instance: str, stop: StopSignal
    ) -> None:
        self.instance = instance
        self._settings = settings
        self._context = context
        self._stop = stop
        self._stands_by_since: datetime | None = None
        self._reported = 0.0
        self._problem: str | None = None

    def work(self) -> None:
        """Lead whenever nobody else does, until it is to end."""
        LEADER.set(0)
        while not self._stop.is_set():
            try:
                with leading(self._context.store, instance=self.instance) as leadership:
                    if leadership is None:
                        self._stand_by()
                    else:
                        self._lead(leadership)
                self._problem = None
            except (StoreError, LeadershipLost) as error:
                self._complain(error)
            self._stop.wait(TRY_SECONDS)

    def _lead(self, leadership: Leadership) -> None:
        fence = leadership.fence
        led = Led(
            self._context.led_by(fence),
            self._settings,
            self._context.store,
            self.instance,
            fence,
            leadership.since,
        )
        self._stands_by_since = None
        log.info("leads", fence=fence.number)
        LEADER.set(1)
        parts = parts_of(led)
        try:
            for part in parts:
                part.start()
            while not self._stop.wait(BEAT_SECONDS):
                leadership.beat()
        finally:
            LEADER.set(0)
            if not stop_all(parts, STOP_SECONDS):
                # What still goes on could write no more; the process that is started next can.
                os._exit(1)

    def _stand_by(self) -> None:
        if self._stands_by_since is None:
            self._stands_by_since = datetime.now(UTC)
            log.info("stands_by")
        if time.monotonic() - self._reported >= REPORT_SECONDS:
            self._reported = time.monotonic()
            since = self._stands_by_since.isoformat()
            details = {"stands_by_since": since}
            report(self._context.store, STANDBY, instance=self.instance, details=details)

    def _complain(self, error: AuraError) -> None:
        if str(error) != self._problem:
            log.warning("does_not_lead", kind=type(error).__name__, reason=str(error))
        self._problem = str(error)
