"""The embedded PostgreSQL of one data root: acquire it, or remove it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Final

from aura_engine.cluster.files import ClusterFiles, read_json, remove
from aura_engine.cluster.lease import Lease
from aura_engine.cluster.locks import FileLock
from aura_engine.cluster.processes import stop_leftovers
from aura_engine.cluster.protocol import DEFAULT_LINGER_SECONDS
from aura_engine.cluster.purpose import Purpose, check_purpose
from aura_engine.errors import ClusterError
from aura_engine.i18n import t
from aura_engine.logs import get_logger

log = get_logger(__name__)

# The supervisor itself takes the lease lock for an instant whenever it looks.
_LEASE_PATIENCE_SECONDS: Final = 1.0
_POLL_SECONDS: Final = 0.02


class EmbeddedCluster:
    """One PostgreSQL server below a directory, shared by all processes that acquire it.

    Parameters
    ----------
    root : Path
        Data root; made when missing, and marked for its purpose before anything else.
    purpose : {"demo", "test", "bench", "evaluate"}
        What the data are for. A root that is marked for something else is refused.
    linger : float
        Seconds that a server started from here stays after the last lease has gone.

    Raises
    ------
    ClusterError
        If the root is marked for another purpose, or holds files that are not ours.
    """

    def __init__(
        self, root: Path, purpose: Purpose = "demo", *, linger: float = DEFAULT_LINGER_SECONDS
    ) -> None:
        self._files = ClusterFiles(root.expanduser().absolute())
        self._purpose: Purpose = purpose
        self._linger = linger
        check_purpose(self._files, purpose)

    def __repr__(self) -> str:
        return f"EmbeddedCluster({str(self.root)!r}, {self._purpose!r})"

    @property
    def root(self) -> Path:
        """Data root of the cluster."""
        return self._files.root

    @property
    def exists(self) -> bool:
        """Whether the root is made and marked."""
        return check_purpose(self._files, self._purpose)

    def acquire(self, timeout: float = 60.0) -> Lease:
        """Start the server, or join the one that runs.

        Parameters
        ----------
        timeout : float
            Seconds to wait at most for a server that answers.

        Raises
        ------
        ClusterError
            If it does not answer in time, or fails; the message says what to do.
        """
        check_purpose(self._files, self._purpose)
        lease = Lease(self._files, self._purpose, self._linger)
        lease.ensure(timeout)
        return lease

    def destroy(self, timeout: float = 60.0) -> None:
        """Stop the server and remove the root with everything in it.

        Killed in the middle, it leaves a root that can be acquired or destroyed anew.

        Raises
        ------
        ClusterError
            If somebody, this process included, still holds a lease, or the server does not stop.
        """
        if self._files.root.exists():
            # Another process may remove the same root meanwhile, and then it is gone as well.
            with contextlib.suppress(FileNotFoundError):
                self._destroy(timeout)

    def _destroy(self, timeout: float) -> None:
        check_purpose(self._files, self._purpose)
        deadline = time.monotonic() + timeout
        with (
            FileLock(self._files.start_lock) as start,
            FileLock(self._files.lease_lock) as leases,
            FileLock(self._files.supervisor_lock) as supervisor,
        ):
            if not start.acquire(timeout=timeout):
                raise ClusterError(t("cluster.busy", root=self.root))
            if not leases.acquire(timeout=_LEASE_PATIENCE_SECONDS):
                raise ClusterError(t("cluster.leases_held", root=self.root))
            self._stop_supervisor(supervisor, deadline)
            for data in self.root.glob("pg*"):
                stop_leftovers(data)
            self._remove_everything()
        log.info("cluster_destroyed", root=str(self.root))

    def _stop_supervisor(self, lock: FileLock, deadline: float) -> None:
        while not lock.acquire():
            if time.monotonic() >= deadline:
                raise ClusterError(t("cluster.busy", root=self.root))
            pid = (read_json(self._files.supervisor_pid) or {}).get("pid")
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):  # it ended since we tried the lock
                    os.kill(pid, signal.SIGTERM)
            time.sleep(_POLL_SECONDS)

    def _remove_everything(self) -> None:
        """Remove the data in one step, then the rest; the mark goes last, as it came first."""
        for data in self.root.glob("pg*"):
            data.rename(self._files.scratch("trash"))
        last = (self._files.purpose, self._files.start_lock)
        for path in self.root.iterdir():
            if path not in last:
                remove(path)
        for path in last:
            path.unlink(missing_ok=True)
        try:
            self.root.rmdir()
        except OSError as error:
            log.warning("root_not_removed", root=str(self.root), reason=error.strerror)
