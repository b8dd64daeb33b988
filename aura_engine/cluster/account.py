"""The account that the server runs under: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aura_engine.errors import ClusterError
from aura_engine.i18n import t

_UNPRIVILEGED: Final = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """An account of this machine."""

    name: str
    uid: int
    gid: int

    @property
    def is_dropped_to(self) -> bool:
        """Whether the server must give up our rights to run under this account."""
        return self.uid != os.geteuid()

    def popen_options(self) -> dict[str, Any]:
        """Return what :class:`subprocess.Popen` needs to run a child under this account."""
        if not self.is_dropped_to:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Hand a file or directory to this account."""
        if self.is_dropped_to:
            os.chown(path, self.uid, self.gid)

    def may_pass(self, directory: Path) -> bool:
        """Tell whether this account may pass through a directory, by its mode."""
        found = directory.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def server_account(data: Path) -> Account:
    """Return the account to run the server under.

    Parameters
    ----------
    data : Path
        Data directory; where it exists, its owner runs the server.

    Raises
    ------
    ClusterError
        If the data belong to somebody else, or root finds no account to drop to.
    """
    uid = os.geteuid()
    if uid != 0:
        if data.exists() and data.stat().st_uid != uid:
            raise ClusterError(t("cluster.foreign_owner", path=data))
        return Account(str(uid), uid, os.getegid())
    if data.exists() and (owner := data.stat().st_uid) != 0:
        return Account(_name_of(owner), owner, data.stat().st_gid)
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise ClusterError(t("cluster.no_account", names=", ".join(_UNPRIVILEGED)))


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def first_barrier(path: Path, account: Account) -> Path | None:
    """Return the topmost directory on the way to ``path`` that bars the account, if any."""
    if not account.is_dropped_to:
        return None
    resolved = path.resolve()
    way = [*reversed(resolved.parents), *([resolved] if resolved.is_dir() else [])]
    return next((step for step in way if step.is_dir() and not account.may_pass(step)), None)


def check_reachable(root: Path, account: Account) -> None:
    """Refuse a data root that the server's account cannot reach.

    Raises
    ------
    ClusterError
        Naming the directory that bars the way, and the mend.
    """
    barrier = first_barrier(root, account)
    if barrier is not None:
        raise ClusterError(
            t("cluster.unreachable", root=root, barrier=barrier, account=account.name)
        )
