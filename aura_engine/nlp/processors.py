"""What this machine can compute with, found out without loading torch."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_CGROUPS: Final = Path("/sys/fs/cgroup")
_OWN_CGROUPS: Final = Path("/proc/self/cgroup")
_DEVICES: Final = Path("/dev")
_ACCELERATORS: Final = ("nvidiactl", "kfd", "dxg")
"""Devices of NVIDIA, of AMD, and of WSL2, which hands on the graphics card of Windows."""


def usable_cores(cgroups: Path = _CGROUPS, own: Path = _OWN_CGROUPS) -> int:
    """Return how many cores' time this process may use: containers often give less than all.

    Parameters
    ----------
    cgroups : Path
        Where control groups are mounted.
    own : Path
        Says which of them this process is in.
    """
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    return max(1, min([cores, *_quotas(cgroups, own)]))


def may_have_accelerator(devices: Path = _DEVICES) -> bool:
    """Tell whether it is worth asking torch for CUDA or MPS, which takes seconds to import."""
    if platform.system() == "Linux":
        return any((devices / name).exists() for name in _ACCELERATORS)
    return True


def _quotas(cgroups: Path, own: Path) -> Iterator[int]:
    """Yield the limit of each group that this process is in, in cores, rounded up."""
    for group in _groups(cgroups, own):
        # Without a limit it says "max" or -1; other systems and old kernels have no such file.
        with suppress(OSError, ValueError):
            quota, period = map(int, (group / "cpu.max").read_text().split())
            yield _rounded_up(quota, period)
        with suppress(OSError, ValueError):
            quota = int((group / "cpu.cfs_quota_us").read_text())
            yield _rounded_up(quota, int((group / "cpu.cfs_period_us").read_text()))


def _groups(cgroups: Path, own: Path) -> Iterator[Path]:
    """Yield the directories of this process's groups and of those around them."""
    try:
        lines = own.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0":
            mounts = [cgroups]  # version 2
        elif "cpu" in controllers.split(","):
            mounts = [cgroups / controllers, cgroups / "cpu"]  # version 1
        else:
            continue
        # A container may see its own group as the root, and still be told the host's path.
        group = Path(path.strip("/"))
        yield from (mount / place for mount in mounts for place in (group, *group.parents))


def _rounded_up(quota: int, period: int) -> int:
    if quota <= 0 or period <= 0:
        raise ValueError(quota, period)
    return -(-quota // period)
