"""A process that follows and scores, killed at any moment while changes are written."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from benchmarks.faults_site import FaultSite, seconds_until
from benchmarks.latency_loops import ours
from benchmarks.recomputed import differing
from scheduler.pulse import Pulse

_LONGEST: Final = 1.5
"""Seconds from when it follows to when it is killed, at most."""
DUPLICATES: Final = """
SELECT
    -- a history row that does not go on where the one before it ended
    (SELECT count(*) FROM (
        SELECT previous_label IS DISTINCT FROM lag(cluster_label) OVER person
               OR abs(previous_severity - lag(severity_index) OVER person) > 1e-6 AS is_broken,
               row_number() OVER person AS place
        FROM visible_history WINDOW person AS (PARTITION BY user_id_raiz ORDER BY as_of, id)
     ) AS h WHERE place > 1 AND is_broken)
    -- messages of persons, one for each history row of the incremental runs
    + abs((SELECT count(*) FROM event AS e JOIN pipeline_run AS r ON r.id = e.run_id
           WHERE r.kind = 'incremental' AND e.type = 'USER_RISK_UPDATE')
          - (SELECT count(*) FROM risk_history AS h JOIN pipeline_run AS r ON r.id = h.run_id
             WHERE r.kind = 'incremental'))
    -- a second open case
    + (SELECT count(*) FROM (SELECT FROM risk_case WHERE state <> 'cerrado'
                             GROUP BY user_id_raiz HAVING count(*) > 1) AS c)
    -- two alerts of one moment
    + (SELECT count(*) FROM (SELECT FROM event WHERE type = 'CRITICAL_ALERT'
                             GROUP BY user_id_raiz, created_at HAVING count(*) > 1) AS a)
"""


def killed(site: FaultSite, *, rounds: int, rate: float) -> tuple[int, int]:
    """Kill whoever follows, again and again.

    Parameters
    ----------
    site : FaultSite
        Where.
    rounds : int
        How often.
    rate : float
        Changes a second meanwhile.

    Returns
    -------
    tuple of int and int
        People whose rows are not what the sources say; effects that happened twice.
    """
    over = threading.Event()
    with site.writing(over, rate=rate):
        for _ in range(rounds):
            process, _end = _started(site)
            time.sleep(random.uniform(0, _LONGEST))  # noqa: S311  no secret
            process.kill()
            process.join()
        over.set()
    with _ended(*_started(site)):
        seconds_until(site.is_done)
    return len(differing(site.context)), int(site.ask(DUPLICATES))


def _started(site: FaultSite) -> tuple[Any, Any]:
    """Start a process that follows; the former one's leadership may last a moment longer."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([ours.__module__, Pulse.__module__])  # imported once
    while True:
        ready, end = context.Event(), context.Event()
        process = context.Process(target=ours, args=(site.directory, True, ready, end))
        process.start()
        seconds_until(partial(_is_settled, ready, process))
        if ready.is_set():
            return process, end
        process.join()


def _is_settled(ready: Any, process: Any) -> bool:
    return ready.is_set() or process.exitcode is not None


@contextmanager
def _ended(process: Any, end: Any) -> Iterator[None]:
    try:
        yield
    finally:
        end.set()
        process.join()
