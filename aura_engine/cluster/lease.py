"""A client's hold on the server: while a lease lives, the server runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import psycopg2

from aura_engine.cluster.account import check_reachable
from aura_engine.cluster.files import ClusterFiles, read_json, tail
from aura_engine.cluster.locks import FileLock, is_held
from aura_engine.cluster.protocol import EXIT_OTHER_SUPERVISOR, PLAIN_LINK, SUPERUSER
from aura_engine.cluster.purpose import Purpose, claim
from aura_engine.cluster.server import account_for
from aura_engine.errors import ClusterError
from aura_engine.i18n import t
from aura_engine.logs import get_logger

if TYPE_CHECKING:
    from sqlalchemy import URL

log = get_logger(__name__)

_POLL_SECONDS: Final = 0.02
_CONNECT_SECONDS: Final = 5
# A supervisor may be killed while it starts; one that fails is not tried again.
_SPAWN_ATTEMPTS: Final = 3
_LOG_LIMIT_BYTES: Final = 1024 * 1024
_PACKAGE_PARENT: Final = Path(__file__).resolve().parents[2]


class Lease:
    """A shared hold on the server of a data root; made by ``EmbeddedCluster.acquire``.

    A process that dies gives its lease back by dying. A forked child does not hold its parent's
    lease: its first :meth:`ensure` takes one of its own. A program run by ``exec`` acquires its
    own too.

    Parameters
    ----------
    files : ClusterFiles
        Files of the data root.
    purpose : Purpose
        What the root must be marked for.
    linger : float
        Seconds that a server started by this lease stays after the last lease has gone.
    """

    def __init__(self, files: ClusterFiles, purpose: Purpose, linger: float) -> None:
        self._files = files
        self._purpose = purpose
        self._linger = linger
        self._lock = FileLock(files.lease_lock)
        self._connection: dict[str, Any] = {}
        self._released = False
        self._refusal = ""

    def __repr__(self) -> str:
        return f"Lease({str(self._files.root)!r}, held={self._lock.held})"

    @property
    def root(self) -> Path:
        """Data root of the cluster."""
        return self._files.root

    @property
    def files(self) -> ClusterFiles:
        """Files of the data root."""
        return self._files

    @property
    def host(self) -> str:
        """Address that the server listens on."""
        return str(self._connection["host"])

    @property
    def port(self) -> int:
        """TCP port that the server listens on."""
        return int(self._connection["port"])

    def knows(self, role: str) -> bool:
        """Tell whether ``create_role`` made this role."""
        return role in (read_json(self._files.credentials) or {})

    def url(self, database: str, role: str | None = None) -> URL:
        """Return the address of a database.

        Parameters
        ----------
        database : str
            Name of the database.
        role : str, optional
            Role made by ``create_role``; the superuser when None.

        Raises
        ------
        ClusterError
            If no password is known for the role.
        """
        # Imported late: the supervisor shares this package and lives on without SQLAlchemy.
        from sqlalchemy import URL

        if role is None:
            role, password = SUPERUSER, str(self._connection["password"])
        else:
            known = read_json(self._files.credentials) or {}
            if role not in known:
                raise ClusterError(t("cluster.unknown_role", role=role))
            password = str(known[role])
        return URL.create(
            "postgresql+psycopg2",
            username=role,
            password=password,
            host=self.host,
            port=self.port,
            database=database,
            query={"sslmode": PLAIN_LINK["sslmode"]},
        )

    def ensure(self, timeout: float = 60.0) -> None:
        """Make sure that the server answers and that this process holds it.

        Heals after a crash of the server or its supervisor; the port usually stays the same, but
        only an address taken after this call is sure to be right.

        Parameters
        ----------
        timeout : float
            Seconds to wait at most.

        Raises
        ------
        ClusterError
            If the server cannot be started in time, or the lease was released, also meanwhile.
        """
        self._require_unreleased()
        if self._lock.held and self._answers():
            return
        deadline = time.monotonic() + timeout
        with FileLock(self._files.start_lock) as start:
            while not self._begin(start):
                self._require_unreleased()
                if time.monotonic() >= deadline:
                    raise self._late(timeout)
                time.sleep(_POLL_SECONDS)
            claim(self._files, self._purpose)
            check_reachable(self._files.root, account_for(self._files))
            self._files.log_dir.mkdir(mode=0o700, exist_ok=True)
            if not self._lock.held and not self._lock.acquire(
                shared=True, timeout=deadline - time.monotonic()
            ):
                raise self._late(timeout)
            try:
                self._start_or_join(deadline, timeout)
                self._require_unreleased()
            except BaseException:
                self._lock.release()
                raise

    def release(self) -> None:
        """Give the hold back; the server stops some seconds after the last one has gone."""
        self._released = True
        self._lock.release()

    def _require_unreleased(self) -> None:
        if self._released:
            raise ClusterError(t("cluster.released"))

    def _begin(self, start: FileLock) -> bool:
        """Take ``start.lock``, in a root that somebody may be removing at this moment."""
        try:
            self._files.root.mkdir(parents=True, exist_ok=True)
            return start.acquire()
        except FileNotFoundError:
            return False

    def _answers(self) -> bool:
        """Tell whether a supervised server answers, and remember where."""
        if not is_held(self._files.supervisor_lock):
            return False
        found = read_json(self._files.connection)
        if found is None:
            return False
        try:
            psycopg2.connect(
                host=found["host"],
                port=found["port"],
                user=SUPERUSER,
                password=found["password"],
                dbname="postgres",
                connect_timeout=_CONNECT_SECONDS,
                **PLAIN_LINK,
            ).close()
        except psycopg2.OperationalError as error:
            self._refusal = str(error).strip()
            return False
        self._connection = found
        return True

    def _start_or_join(self, deadline: float, timeout: float) -> None:
        spawned = 0
        log_start = 0
        while not self._answers():
            self._require_unreleased()
            if time.monotonic() >= deadline:
                raise self._late(timeout)
            if not is_held(self._files.supervisor_lock):
                failed = spawned > 0 and self._files.failure.exists()
                if failed or spawned >= _SPAWN_ATTEMPTS:
                    said = tail(self._files.supervisor_log, start=log_start)
                    raise ClusterError(t("cluster.start_failed", root=self.root, log=said))
                if spawned == 0:
                    log_start = _size(self._files.supervisor_log)
                spawned += self._spawn_supervisor()
                continue
            time.sleep(_POLL_SECONDS)

    def _spawn_supervisor(self) -> bool:
        """Return whether a supervisor was started, rather than found winding down."""
        code = [sys.executable, "-P", "-m", "aura_engine.cluster.supervisor"]
        search_path = os.pathsep.join(
            filter(None, [str(_PACKAGE_PARENT), os.environ.get("PYTHONPATH")])
        )
        with self._files.supervisor_log.open("ab") as output:
            if output.tell() > _LOG_LIMIT_BYTES:
                output.truncate(0)
            done = subprocess.run(  # noqa: S603
                [*code, str(self.root), "--linger", str(self._linger)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=os.environ | {"PYTHONPATH": search_path},
                start_new_session=True,
                check=False,
            )
        log.debug("supervisor_spawned", code=done.returncode)
        return done.returncode != EXIT_OTHER_SUPERVISOR

    def _late(self, timeout: float) -> ClusterError:
        said = "\n".join(filter(None, [tail(self._files.supervisor_log), self._refusal]))
        return ClusterError(t("cluster.timeout", root=self.root, seconds=timeout, log=said))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
