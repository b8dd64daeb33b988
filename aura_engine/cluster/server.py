"""One PostgreSQL server process: make its data, start it, watch it, stop it."""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aura_engine.cluster.account import Account, check_reachable, server_account
from aura_engine.cluster.carrier import Binaries, find_binaries, make_reachable
from aura_engine.cluster.files import ClusterFiles, read_json, remove, tail, write_private
from aura_engine.cluster.processes import (
    FAST_STOP_SECONDS,
    cluster_tag,
    discard_stale_pid_file,
    postmaster_pid,
    stop_leftovers,
)
from aura_engine.cluster.protocol import HOST, SUPERUSER
from aura_engine.errors import ClusterError
from aura_engine.i18n import t
from aura_engine.logs import get_logger

log = get_logger(__name__)

_START_SECONDS: Final = 60.0
_START_ATTEMPTS: Final = 5
_POLL_SECONDS: Final = 0.02
_LOG_LIMIT_BYTES: Final = 8 * 1024 * 1024
_PR_SET_PDEATHSIG: Final = 1
_STATE_LINE: Final = 7
_INHERITED_VARIABLES: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")

_SETTINGS: Final = {
    "listen_addresses": HOST,
    # Clients use TCP, so no socket file can be left behind or have too long a path.
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "dynamic_shared_memory_type": "mmap",
    "recovery_init_sync_method": "syncfs",
    # Statements and row values may hold texts of people: neither belongs in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class Server:
    """The server of a data root; the caller holds ``sup.lock``.

    Parameters
    ----------
    files : ClusterFiles
        Files of the data root.
    durable : bool
        Whether data must outlive a crash of the machine, not only of the server's processes.

    Raises
    ------
    ClusterError
        If no binaries, or no account that may run them, can be found.
    """

    def __init__(self, files: ClusterFiles, *, durable: bool = True) -> None:
        self._files = files
        self._durable = durable
        found = find_binaries()
        self._data = files.data(found.major)
        self._account = server_account(self._data)
        check_reachable(files.root, self._account)
        self._binaries: Binaries = make_reachable(found, files, self._account)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def pid(self) -> int | None:
        """Process id of the running server."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Make the data if there are none, and start the server on a free port.

        Raises
        ------
        ClusterError
            If it does not come up; the message holds the last lines of its log.
        """
        self._files.sweep()
        if stop_leftovers(self._data):
            log.warning("leftover_server_stopped")
        if not self._data.exists():
            self._initialise()
        for attempt in range(1, _START_ATTEMPTS + 1):
            begin = self._files.server_log.stat().st_size if self._files.server_log.exists() else 0
            self._launch()
            if self._wait_until_ready():
                write_private(self._files.port, {"port": self.port})
                log.info("server_started", port=self.port, pid=self.pid, attempt=attempt)
                return
            said = tail(self._files.server_log, start=begin)
            if not _worth_another_try(said):
                break
            log.warning("server_start_failed", attempt=attempt)
            time.sleep(0.2 * attempt)
        raise ClusterError(t("cluster.server_failed", log=said))

    def has_ended(self) -> bool:
        """Whether a server that was started is no longer there."""
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        """Stop the server: open transactions are rolled back, data are flushed."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(FAST_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("server_stop_forced")
            process.send_signal(signal.SIGQUIT)
            process.wait(FAST_STOP_SECONDS)

    def bound_log(self) -> None:
        """Keep the server's log at a bounded size: one former part stays."""
        path = self._files.server_log
        if path.exists() and path.stat().st_size > _LOG_LIMIT_BYTES:
            shutil.copyfile(path, path.with_suffix(".log.1"))
            os.truncate(path, 0)

    def superuser_password(self) -> str:
        """Return the superuser's password, which outlives restarts."""
        known = read_json(self._files.superuser)
        if known is None:
            if self._data.exists():
                raise ClusterError(t("cluster.no_superuser", path=self._files.superuser))
            known = {"password": secrets.token_urlsafe(32)}
            write_private(self._files.superuser, known)
        return str(known["password"])

    def _initialise(self) -> None:
        password = self.superuser_password()
        target, password_file = self._files.scratch("init"), self._files.scratch("init")
        target.mkdir(mode=0o700)
        password_file.touch(mode=0o600)
        password_file.write_text(password + "\n", encoding="utf-8")
        self._account.own(target)
        self._account.own(password_file)
        command = [
            self._binaries.program("initdb"),
            f"--pgdata={target}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--sync-method=syncfs" if self._durable else "--no-sync",
            "--set=dynamic_shared_memory_type=mmap",
            "--no-instructions",
        ]
        try:
            done = self._spawn(command, self._files.supervisor_log, signal.SIGKILL).wait()
            if done != 0:
                said = tail(self._files.supervisor_log)
                raise ClusterError(t("cluster.initdb_failed", log=said))
            target.rename(self._data)
            log.info("data_initialised", version=self._binaries.version, account=self._account.name)
        finally:
            remove(password_file)
            remove(target)

    def _launch(self) -> None:
        self.port = _free_port(read_json(self._files.port))
        settings = _SETTINGS | {
            "port": str(self.port),
            "cluster_name": cluster_tag(self._data),
            "fsync": "on" if self._durable else "off",
        }
        discard_stale_pid_file(self._data)
        command = [self._binaries.program("postgres"), "-D", str(self._data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self._process = self._spawn(command, self._files.server_log, signal.SIGINT)

    def _spawn(
        self, command: list[str], output: Path, when_orphaned: signal.Signals
    ) -> subprocess.Popen[bytes]:
        environment = {k: os.environ[k] for k in _INHERITED_VARIABLES if k in os.environ}
        with output.open("ab") as stream:
            return subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=environment | {"LC_ALL": "C", "TZ": "UTC"},
                preexec_fn=_die_with_parent(when_orphaned),
                **self._account.popen_options(),
            )

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self.has_ended():
                return False
            if self._announces_ready():
                return True
            time.sleep(_POLL_SECONDS)
        self.stop()
        return False

    def _announces_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        is_ours = postmaster_pid(self._data) == self.pid
        return is_ours and len(lines) > _STATE_LINE and lines[_STATE_LINE].strip() == "ready"


def _free_port(former: dict[str, int] | None) -> int:
    """Return the former port if it is free, so that clients can simply reconnect."""
    for port in ([former["port"]] if former else []) + [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ClusterError(t("cluster.no_port"))


def _worth_another_try(said: str) -> bool:
    """Tell a lost race for the port, or a dying predecessor, from a lasting fault."""
    return any(
        sign in said
        for sign in ("Address already in use", "pre-existing shared memory", "lock file")
    )


def _die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Return what makes a child end with its parent; it must run after the rights are dropped."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def account_for(files: ClusterFiles) -> Account:
    """Return the account that this root's server runs, or will run, under."""
    return server_account(files.data(find_binaries().major))
