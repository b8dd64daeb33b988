"""A client process of the tests: ``client.py ROOT VERB [COUNT]``; answers are lines on stdout."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from aura_engine.cluster import EmbeddedCluster, Lease


def connect(lease: Lease) -> Connection:
    url = lease.url("postgres")
    link = psycopg2.connect(
        host=url.host,
        port=url.port,
        user=url.username,
        password=url.password,
        dbname=url.database,
    )
    link.autocommit = True
    return link


def say(*words: object) -> None:
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def hold(lease: Lease) -> None:
    """Hold the lease until killed."""
    say("held", lease.port)
    time.sleep(600)


def visit(lease: Lease) -> None:
    """Tell the server's process id and leave."""
    with connect(lease) as link, link.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()::text")
        say("started", *cursor.fetchone())
    link.close()


def write(lease: Lease) -> None:
    """Insert rows until killed, and name each one only after its commit."""
    link = None
    number = 0
    while True:
        try:
            if link is None:
                lease.ensure()
                link = connect(lease)
            number += 1
            with link.cursor() as cursor:
                cursor.execute("INSERT INTO written VALUES (%s, %s)", (os.getpid(), number))
            say("row", os.getpid(), number)
            time.sleep(0.01)
        except psycopg2.Error:
            link = None


def fork_and_die(lease: Lease) -> None:
    """Leave a forked child behind that does not use the lease, and die."""
    child = os.fork()
    if child == 0:
        os.close(1)
        time.sleep(600)
    say("child", child)
    os._exit(0)


if __name__ == "__main__":
    root, verb, linger = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    with EmbeddedCluster(root, "test", linger=linger).acquire() as held_lease:
        {"hold": hold, "visit": visit, "write": write, "fork_and_die": fork_and_die}[verb](
            held_lease
        )
