"""Python, packages, PostgreSQL's binaries and the GPU."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from aura_cli.doctor.findings import Finding, State
from aura_engine.errors import ClusterError
from aura_engine.i18n import t

OLDEST_PYTHON: Final = (3, 11)
REQUIREMENTS: Final = Path(__file__).resolve().parents[2] / "requirements.txt"
_PIN: Final = re.compile(r"^([\w.-]+)==([\w.+!]+)", re.MULTILINE)
_GPU_SECONDS: Final = 10


def installation() -> Iterator[Finding]:
    """Look at what the programs run on."""
    area = t("cli.area_installation")
    yield python_version(area)
    yield from packages(area, REQUIREMENTS.read_text(encoding="utf-8"))
    yield embedded_binaries(area)
    yield gpu(area)


def python_version(area: str) -> Finding:
    """Look at the interpreter."""
    recent = sys.version_info >= OLDEST_PYTHON
    return Finding(
        area,
        "Python",
        State.GOOD if recent else State.BROKEN,
        platform.python_version(),
        "" if recent else t("cli.mend_python"),
    )


def packages(area: str, requirements: str) -> Iterator[Finding]:
    """Compare the installed packages with the pins; one finding where all agree."""
    differing = []
    pins = _PIN.findall(requirements)
    for name, pinned in pins:
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            differing.append(
                Finding(area, name, State.BROKEN, t("cli.package_missing"), t("cli.mend_packages"))
            )
            continue
        # A local label such as +cpu names a build of the same version.
        if installed.partition("+")[0] != pinned:
            detail = t("cli.package_differs", installed=installed, pinned=pinned)
            differing.append(Finding(area, name, State.WARNING, detail, t("cli.mend_packages")))
    if differing:
        yield from differing
    else:
        yield Finding(area, t("cli.packages"), State.GOOD, t("cli.packages_agree", count=len(pins)))


def embedded_binaries(area: str) -> Finding:
    """Look for the binaries of the embedded PostgreSQL."""
    from aura_engine.cluster.carrier import find_binaries

    subject = t("cli.embedded_postgresql")
    try:
        binaries = find_binaries()
    except ClusterError as error:
        return Finding(area, subject, State.BROKEN, t("cli.not_found"), str(error))
    return Finding(area, subject, State.GOOD, f"{binaries.version} ({binaries.origin})")


def gpu(area: str) -> Finding:
    """Look for an NVIDIA GPU, and whether the installed torch can use it."""
    name = _gpu_name()
    if name is None:
        return Finding(area, "GPU", State.NOTE, t("cli.gpu_none"))
    if "+cpu" in _torch_version():
        return Finding(
            area, "GPU", State.WARNING, t("cli.gpu_unused", name=name), t("cli.mend_gpu")
        )
    return Finding(area, "GPU", State.GOOD, name)


def _gpu_name() -> str | None:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    try:
        answer = subprocess.run(
            [program, "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            check=True,
            timeout=_GPU_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip().partition("\n")[0] or None


def _torch_version() -> str:
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return ""
