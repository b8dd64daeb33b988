"""What a leader consists of: parts that start with its leadership and stop with it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from aura_engine.logs import get_logger
from aura_engine.pipeline import PipelineContext
from aura_engine.settings import Settings
from aura_engine.store.leadership import Fence

log = get_logger(__name__)


@dataclass(frozen=True)
class Led:
    """What a leader's parts work with.

    Parameters
    ----------
    context : PipelineContext
        Its store refuses whatever is written once somebody else leads.
    settings : Settings
        Of this process.
    store : Engine
        The same store without that check, only for what is right whoever leads.
    instance : str
        This process among others.
    fence : Fence
        The number of this leadership.
    since : datetime
        When it began.
    """

    context: PipelineContext
    settings: Settings
    store: Engine
    instance: str
    fence: Fence
    since: datetime


class Part(Protocol):
    """Works in threads or processes of its own between `start` and `stop`."""

    def start(self) -> None:
        """Begin to work; return at once."""

    def stop(self, timeout: float) -> bool:
        """End within a time; tell whether everything has ended."""


def stop_all(parts: Sequence[Part], timeout: float) -> bool:
    """Stop parts at the same time, so that the slowest decides how long it takes.

    Parameters
    ----------
    parts : sequence of Part
        That were started.
    timeout : float
        Seconds for all together.

    Returns
    -------
    bool
        Whether all have ended.
    """
    if not parts:
        return True
    with ThreadPoolExecutor(len(parts)) as pool:
        ended = list(pool.map(lambda part: part.stop(timeout), parts))
    late = [
        type(part).__name__ for part, has_ended in zip(parts, ended, strict=True) if not has_ended
    ]
    if late:
        log.error("parts_did_not_end", parts=late)
    return not late
