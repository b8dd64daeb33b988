"""What the server acknowledged survives random kills of everybody."""

from __future__ import annotations

import os
import random
import signal
import time

from tests.patience import eventually

CLIENTS = 5
KILLS_OF_CLIENTS = 6
KILLS_OF_SERVERS = 2
KILLS_OF_SUPERVISORS = 2


def test_acknowledged_rows_survive_ten_random_kills(playground):
    """At a reduced size: 5 writers, 6 client, 2 server and 2 supervisor kills."""
    chance = random.Random(18)
    with playground.cluster.acquire() as lease:
        playground.query(lease, "CREATE TABLE written (writer int, number int)")
    writers = [playground.client("write") for _ in range(CLIENTS)]
    for writer in writers:
        assert writer.stdout.readline().startswith("row")

    victims = (
        ["client"] * KILLS_OF_CLIENTS
        + ["server_pid"] * KILLS_OF_SERVERS
        + ["supervisor_pid"] * KILLS_OF_SUPERVISORS
    )
    chance.shuffle(victims)
    killed: list[int] = []
    for victim in victims:
        time.sleep(chance.uniform(0.1, 0.4))
        if victim == "client":
            writer = chance.choice([w for w in writers if w.poll() is None])
            writer.kill()
            writer.wait()
            writers.append(playground.client("write"))
        else:
            eventually(playground.files.connection.exists)
            killed.append(playground.connection()[victim])
            os.kill(killed[-1], signal.SIGKILL)
            eventually(lambda: not playground.is_alive(killed[-1]))
    # Every living writer must have got through to the healed server.
    survivors = [w for w in writers if w.poll() is None]
    assert len(survivors) == CLIENTS
    count = "SELECT writer, count(*) FROM written GROUP BY writer"
    with playground.cluster.acquire() as lease:
        before = dict(playground.query(lease, count))
        eventually(
            lambda: all(
                dict(playground.query(lease, count)).get(w.pid, 0) > before.get(w.pid, 0)
                for w in survivors
            )
        )
    for writer in writers:
        writer.kill()
    acknowledged = [line.split()[1:] for w in writers for line in w.stdout.readlines()]
    pairs = {(int(row[0]), int(row[1])) for row in acknowledged if len(row) == 2}
    with playground.cluster.acquire() as lease:
        stored = set(playground.query(lease, "SELECT writer, number FROM written"))
        assert len(pairs) > 50
        assert pairs - stored == set()
    eventually(lambda: playground.servers() == [])
