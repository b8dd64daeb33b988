from __future__ import annotations

import stat

import pytest

from aura_engine.cluster.files import ClusterFiles, read_json, tail, write_private


def test_a_private_file_is_readable_by_its_owner_only(tmp_path):
    path = tmp_path / "secret.json"
    path.write_text("{}")
    path.chmod(0o644)
    write_private(path, {"password": "ñ"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_json(path) == {"password": "ñ"}


def test_a_failed_write_leaves_the_former_content_and_no_scratch(tmp_path):
    path = tmp_path / "secret.json"
    write_private(path, {"kept": True})
    with pytest.raises(TypeError):
        write_private(path, {"bad": object()})
    assert read_json(path) == {"kept": True}
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_file_reads_as_nothing(tmp_path):
    assert read_json(tmp_path / "none.json") is None


def test_the_tail_starts_at_this_starts_lines(tmp_path):
    path = tmp_path / "log"
    path.write_text("old\n")
    begin = path.stat().st_size
    with path.open("a") as stream:
        stream.write("\n".join(f"line {n}" for n in range(40)))
    assert tail(path, start=begin, lines=100).splitlines()[0] == "line 0"
    assert tail(path, lines=2) == "line 38\nline 39"
    assert tail(tmp_path / "none") == ""


def test_a_sweep_removes_scratch_and_nothing_else(tmp_path):
    files = ClusterFiles(tmp_path)
    files.scratch("init").mkdir()
    files.scratch("tmp").touch()
    (files.scratch("trash") / "deep").mkdir(parents=True)
    files.purpose.touch()
    files.data(18).mkdir()
    files.sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pg18", "purpose.json"]
