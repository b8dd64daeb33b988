"""The detached process that runs the server while somebody holds a lease.

``python -m aura_engine.cluster.supervisor ROOT`` returns as soon as a supervisor in a session of
its own holds ``sup.lock``: with 0 then, with 3 when another one holds it, with 1 on an error.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final

from aura_engine.cluster.files import ClusterFiles, remove, write_private
from aura_engine.cluster.locks import FileLock
from aura_engine.cluster.protocol import DEFAULT_LINGER_SECONDS, EXIT_OTHER_SUPERVISOR, HOST
from aura_engine.cluster.purpose import is_throwaway
from aura_engine.cluster.server import Server
from aura_engine.errors import ClusterError
from aura_engine.logs import get_logger

log = get_logger(__name__)

_LOOK_SECONDS: Final = 0.1
_LOCK_PATIENCE_SECONDS: Final = 0.5


class Supervisor:
    """Runs one server until nobody has held a lease for the linger time.

    Parameters
    ----------
    files : ClusterFiles
        Files of the data root; ``sup.lock`` is held by the caller.
    linger : float
        Seconds without any lease after which the server is stopped.
    """

    def __init__(self, files: ClusterFiles, linger: float) -> None:
        self._files = files
        self._linger = linger
        self._asked_to_stop = False
        self._lease_lock = FileLock(files.lease_lock)

    def run(self) -> None:
        """Start the server, watch over it, stop it.

        Raises
        ------
        ClusterError
            If the server does not start.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        remove(self._files.connection)
        server = Server(self._files, durable=not is_throwaway(self._files))
        try:
            server.start()
            self._announce(server)
            self._watch(server)
        finally:
            remove(self._files.connection)
            server.stop()
            self._lease_lock.release()

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._asked_to_stop = True

    def _announce(self, server: Server) -> None:
        write_private(
            self._files.connection,
            {
                "host": HOST,
                "port": server.port,
                "password": server.superuser_password(),
                "server_pid": server.pid,
                "supervisor_pid": os.getpid(),
            },
        )

    def _watch(self, server: Server) -> None:
        wanted_at = time.monotonic()
        while not self._asked_to_stop:
            if server.has_ended():
                log.error("server_ended_unasked")
                return
            if not self._lease_lock.acquire():
                wanted_at = time.monotonic()
            elif time.monotonic() - wanted_at >= self._linger:
                # Kept until the server has stopped: who comes now waits, and starts a new one.
                log.info("nobody_left")
                return
            self._lease_lock.release()
            server.bound_log()
            time.sleep(_LOOK_SECONDS)
        log.info("asked_to_stop")


def main(arguments: list[str] | None = None) -> int:
    """Detach a supervisor for a data root.

    Returns
    -------
    int
        Exit code, see the module's text.
    """
    parser = argparse.ArgumentParser(prog="aura_engine.cluster.supervisor")
    parser.add_argument("root", type=Path)
    parser.add_argument("--linger", type=float, default=DEFAULT_LINGER_SECONDS)
    options = parser.parse_args(arguments)
    files = ClusterFiles(options.root)
    lock = FileLock(files.supervisor_lock, survives_fork=True)
    if not lock.acquire(timeout=_LOCK_PATIENCE_SECONDS):
        return EXIT_OTHER_SUPERVISOR
    for stale in (files.supervisor_pid, files.failure):
        remove(stale)
    if os.fork() > 0:
        # The lock lives on in the child; leaving without clean-up keeps it so.
        os._exit(0)
    with lock:
        write_private(files.supervisor_pid, {"pid": os.getpid()})
        try:
            Supervisor(files, options.linger).run()
        except ClusterError as error:
            log.error("supervisor_failed", reason=str(error))
            # Tells a server that cannot start from a supervisor that was killed.
            write_private(files.failure, {"reason": str(error)})
            return 1
        finally:
            remove(files.supervisor_pid)
    return 0


if __name__ == "__main__":
    sys.exit(main())
