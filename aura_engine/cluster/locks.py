"""File locks that the kernel frees when their process dies, and that forks do not keep."""

from __future__ import annotations

import fcntl
import os
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_POLL_SECONDS: Final = 0.02


class FileLock:
    """An advisory ``flock`` on a file, held by one process.

    Parameters
    ----------
    path : Path
        Lock file; created when missing.
    survives_fork : bool
        Whether a forked child goes on holding the lock. By default the child's copy is closed,
        since it would keep the lock alive after its owner has died.
    """

    def __init__(self, path: Path, *, survives_fork: bool = False) -> None:
        self._path = path
        self._survives_fork = survives_fork
        self._descriptor: int | None = None
        _all_locks.add(self)

    def __repr__(self) -> str:
        return f"FileLock({str(self._path)!r}, held={self.held})"

    @property
    def held(self) -> bool:
        """Whether this process holds the lock through this object."""
        return self._descriptor is not None

    def acquire(self, *, shared: bool = False, timeout: float = 0.0) -> bool:
        """Take the lock, waiting for it at most ``timeout`` seconds.

        Returns
        -------
        bool
            False when somebody else still held it at the end.
        """
        deadline = time.monotonic() + timeout
        while not self._try(fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def release(self) -> None:
        """Give the lock back; does nothing when it is not held."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _try(self, mode: int) -> bool:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
            # The file may have been removed and made anew while we waited: such a lock is void.
            current = self._path.stat()
            ours = os.fstat(descriptor)
            valid = (current.st_dev, current.st_ino) == (ours.st_dev, ours.st_ino)
        except (BlockingIOError, FileNotFoundError):
            valid = False
        except BaseException:
            os.close(descriptor)
            raise
        if not valid:
            os.close(descriptor)
            return False
        self.release()
        self._descriptor = descriptor
        return True

    def _forget_in_child(self) -> None:
        if not self._survives_fork:
            self.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


_all_locks: weakref.WeakSet[FileLock] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for lock in list(_all_locks):
        lock._forget_in_child()


os.register_at_fork(after_in_child=_after_fork_in_child)


def is_held(path: Path) -> bool:
    """Tell whether some process holds the lock exclusively."""
    if not path.exists():
        return False
    with FileLock(path) as probe:
        return not probe.acquire(shared=True)
