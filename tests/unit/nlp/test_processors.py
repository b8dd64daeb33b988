from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from aura_engine.nlp.processors import may_have_accelerator, usable_cores

Files = dict[str, str]


@pytest.fixture(autouse=True)
def _sixteen_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    monkeypatch.setattr(platform, "system", lambda: "Linux")


def cores_of(directory: Path, own: str, files: Files) -> int:
    for name, content in files.items():
        path = directory / "mounted" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
    (directory / "own").write_text(own)
    return usable_cores(directory / "mounted", directory / "own")


@pytest.mark.parametrize(
    ("limit", "cores"),
    [
        ("max 100000", 16),
        ("200000 100000", 2),
        ("150000 100000", 2),
        ("10000 100000", 1),
        ("50000 20000", 3),
        ("3200000 100000", 16),
        ("", 16),
        ("200000 0", 16),
    ],
)
def test_a_quota_of_version_2_is_respected_rounded_up(
    tmp_path: Path, limit: str, cores: int
) -> None:
    assert cores_of(tmp_path, "0::/\n", {"cpu.max": limit}) == cores


@pytest.mark.parametrize(
    ("quota", "period", "cores"),
    [("-1", "100000", 16), ("250000", "100000", 3), ("1000", "100000", 1), ("x", "100000", 16)],
)
@pytest.mark.parametrize("mount", ["cpu", "cpu,cpuacct"])
def test_a_quota_of_version_1_is_respected_rounded_up(
    tmp_path: Path, mount: str, quota: str, period: str, cores: int
) -> None:
    own = "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/docker/abc\n"
    files = {f"{mount}/cpu.cfs_quota_us": quota, f"{mount}/cpu.cfs_period_us": period}
    assert cores_of(tmp_path, own, files) == cores


def test_the_tightest_of_the_groups_around_a_process_counts(tmp_path: Path) -> None:
    files = {
        "a.slice/cpu.max": "300000 100000",
        "a.slice/b.scope/cpu.max": "700000 100000",
        "c.slice/cpu.max": "100000 100000",
    }
    assert cores_of(tmp_path, "0::/a.slice/b.scope\n", files) == 3


@pytest.mark.parametrize("own", ["", "nonsense\n", "1:name=systemd:/\n"])
def test_without_control_groups_the_cores_of_this_process_count(tmp_path: Path, own: str) -> None:
    assert cores_of(tmp_path, own, {"cpu.max": "100000 100000"}) == 16
    assert usable_cores(tmp_path, tmp_path / "nowhere") == 16


@pytest.mark.parametrize("device", ["nvidiactl", "kfd", "dxg"])
def test_an_accelerator_is_known_by_its_device(tmp_path: Path, device: str) -> None:
    (tmp_path / "null").touch()
    assert not may_have_accelerator(tmp_path)
    (tmp_path / device).touch()
    assert may_have_accelerator(tmp_path)
