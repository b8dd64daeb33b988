"""Writers of messages: one statement over all of them, a steady stream, and as many as can."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from benchmarks.triggers_site import MessagingSite

CONNECTIONS: Final = 4
"""Of the steady stream."""
PREPARED: Final = (
    "PREPARE say (text) AS INSERT INTO messages (sender_profile_id, content) "
    "SELECT profile_id, 'nos vemos mañana en la cancha' FROM users WHERE username = $1"
)
LOOP: Final = """
DO $$
DECLARE
    sender uuid;
    ends constant timestamptz := clock_timestamp() + make_interval(secs => {seconds});
BEGIN
    SELECT profile_id INTO sender FROM users WHERE username = '{person}';
    WHILE clock_timestamp() < ends LOOP
        INSERT INTO messages (sender_profile_id, content)
        VALUES (sender, 'nos vemos mañana en la cancha');
        COMMIT;
    END LOOP;
END $$
"""
"""On the server, so that a client's own work dilutes nothing."""


def seconds_of(site: MessagingSite, statement: str) -> float:
    """Return how long one statement took, and check that it changed every message.

    Parameters
    ----------
    site : MessagingSite
        Where.
    statement : str
        An UPDATE of all messages.
    """
    link = site.connect()
    try:
        with link.cursor() as cursor:
            started = time.perf_counter()
            cursor.execute(statement)
            seconds = time.perf_counter() - started
            if cursor.rowcount < site.messages:
                raise RuntimeError(f"{cursor.rowcount} of {site.messages} messages changed")
    finally:
        link.close()
    return seconds


def insert_milliseconds(site: MessagingSite, *, rate: float, seconds: float) -> float:
    """Insert messages one by one at a steady rate; return the median of what one took.

    Parameters
    ----------
    site : MessagingSite
        Where.
    rate : float
        Insertions a second, of all connections together.
    seconds : float
        How long.
    """
    took: list[float] = []

    def insert(place: int, link: Any) -> None:
        with link.cursor() as cursor:
            cursor.execute(PREPARED)
            began = time.perf_counter() + 0.05
            for number in range(max(1, round(rate * seconds / CONNECTIONS))):
                # Connections take turns, so that they do not all strike at once.
                due = began + (number * CONNECTIONS + place) / rate
                time.sleep(max(0.0, due - time.perf_counter()))
                started = time.perf_counter()
                cursor.execute("EXECUTE say (%s)", (f"persona{number % site.people}",))
                took.append(time.perf_counter() - started)

    _together(site, CONNECTIONS, insert)
    return 1000 * statistics.median(took)


def inserts_a_second(site: MessagingSite, *, writers: int, seconds: float) -> float:
    """Let writers insert and commit as fast as they can; return how many a second.

    Parameters
    ----------
    site : MessagingSite
        Where.
    writers : int
        Connections at once.
    seconds : float
        How long.
    """

    def write(place: int, link: Any) -> None:
        with link.cursor() as cursor:
            cursor.execute(LOOP.format(seconds=seconds, person=f"persona{place % site.people}"))

    before = _count(site)
    _together(site, writers, write)
    return (_count(site) - before) / seconds


def _together(site: MessagingSite, connections: int, work: Callable[[int, Any], None]) -> None:
    failed: list[BaseException] = []
    links = [site.connect() for _ in range(connections)]

    def run(place: int) -> None:
        try:
            work(place, links[place])
        except BaseException as error:  # noqa: BLE001 -- told by the thread that waits
            failed.append(error)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for link in links:
        link.close()
    if failed:
        raise failed[0]


def _count(site: MessagingSite) -> int:
    link = site.connect()
    try:
        with link.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM messages")
            return int(cursor.fetchone()[0])
    finally:
        link.close()
