"""Where a cluster keeps its files, and how it writes the private ones."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SCRATCH_PREFIXES: Final = (".tmp-", ".init-", ".trash-")


@dataclass(frozen=True)
class ClusterFiles:
    """Names of everything below a cluster's root."""

    root: Path

    @property
    def purpose(self) -> Path:
        """What the cluster was made for, and by which version."""
        return self.root / "purpose.json"

    @property
    def start_lock(self) -> Path:
        """Held while the server is started or stopped."""
        return self.root / "start.lock"

    @property
    def lease_lock(self) -> Path:
        """Held, shared, by each lease."""
        return self.root / "lease.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.root / "sup.lock"

    @property
    def credentials_lock(self) -> Path:
        """Held while a role's password is written."""
        return self.root / "credentials.lock"

    @property
    def credentials(self) -> Path:
        """Passwords of the roles."""
        return self.root / "credentials.json"

    @property
    def connection(self) -> Path:
        """Where the running server is reached."""
        return self.root / "conn.json"

    @property
    def superuser(self) -> Path:
        """Password of the server's superuser."""
        return self.root / "superuser.json"

    @property
    def port(self) -> Path:
        """The port that the server had last."""
        return self.root / "port.json"

    @property
    def supervisor_pid(self) -> Path:
        """Process id of the supervisor."""
        return self.root / "supervisor.json"

    @property
    def failure(self) -> Path:
        """Why the last start failed."""
        return self.root / "failure.json"

    @property
    def log_dir(self) -> Path:
        """Directory of the logs."""
        return self.root / "log"

    @property
    def supervisor_log(self) -> Path:
        """Log of the supervisor."""
        return self.log_dir / "supervisor.log"

    @property
    def server_log(self) -> Path:
        """Log of the server."""
        return self.log_dir / "postgres.log"

    def data(self, major: int) -> Path:
        """Return the server's data directory of one major version."""
        return self.root / f"pg{major}"

    def scratch(self, kind: str) -> Path:
        """Return an unused path that the next start removes if we are killed.

        Parameters
        ----------
        kind : str
            One of ``tmp``, ``init``, ``trash``.
        """
        return self.root / f".{kind}-{secrets.token_hex(6)}"

    def sweep(self) -> None:
        """Remove what killed processes left half done."""
        for path in self.root.iterdir():
            if path.name.startswith(SCRATCH_PREFIXES):
                remove(path)


def remove(path: Path) -> None:
    """Remove a file or a tree; what somebody else removes meanwhile is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Replace a JSON file atomically; only its owner may read it (mode 0600)."""
    scratch = path.with_name(f".tmp-{secrets.token_hex(6)}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(content, stream)
            stream.flush()
            os.fsync(stream.fileno())
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any] | None:
    """Return a JSON object, or None where the file is missing.

    Raises
    ------
    ValueError
        If the file holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} holds no JSON object")
    return content


def tail(path: Path, *, start: int = 0, lines: int = 15) -> str:
    """Return the last lines of a log, none from before byte ``start``.

    Parameters
    ----------
    path : Path
        The log; one that is not there is empty.
    start : int
        Byte from which on lines count.
    lines : int
        Most lines.
    """
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(min(start, size), size - 16_384))
            text = stream.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
