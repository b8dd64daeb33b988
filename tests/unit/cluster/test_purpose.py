from __future__ import annotations

import json

import pytest

from aura_engine.cluster import EmbeddedCluster
from aura_engine.cluster.files import ClusterFiles
from aura_engine.cluster.purpose import check_purpose, claim, is_throwaway
from aura_engine.errors import ClusterError


@pytest.fixture
def files(tmp_path):
    return ClusterFiles(tmp_path / "root")


def test_looking_at_a_root_writes_nothing(files):
    assert not EmbeddedCluster(files.root, "demo").exists
    assert not files.root.exists()


def test_a_claimed_root_is_ours_and_nobody_elses(files):
    files.root.mkdir()
    assert not check_purpose(files, "bench")
    claim(files, "bench")
    claim(files, "bench")
    assert check_purpose(files, "bench")
    with pytest.raises(ClusterError, match=r"«bench».*«evaluate»"):
        claim(files, "evaluate")
    assert json.loads(files.purpose.read_text())["purpose"] == "bench"


def test_files_of_somebody_else_are_refused_and_kept(files):
    files.root.mkdir()
    (files.root / "thesis.txt").write_text("years of work")
    for action in (check_purpose, claim):
        with pytest.raises(ClusterError, match="no creó"):
            action(files, "demo")
    with pytest.raises(ClusterError, match="no creó"):
        EmbeddedCluster(files.root, "demo").destroy()
    assert [path.name for path in files.root.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("content", ["", "[1]", '{"purpose": "production"}', "{}"])
def test_a_mark_that_says_nothing_we_know_is_refused(files, content):
    files.root.mkdir()
    files.purpose.write_text(content)
    with pytest.raises(ClusterError):
        check_purpose(files, "demo")


def test_a_file_in_place_of_the_root_is_refused(files):
    files.root.write_text("")
    with pytest.raises(ClusterError, match="no creó"):
        check_purpose(files, "demo")


def test_what_an_interrupted_claim_leaves_is_no_obstacle(files):
    files.root.mkdir()
    files.start_lock.touch()
    files.scratch("tmp").touch()
    claim(files, "demo")
    assert check_purpose(files, "demo")


def test_only_a_test_root_is_thrown_away(files):
    files.root.mkdir()
    assert not is_throwaway(files)
    claim(files, "demo")
    assert not is_throwaway(files)
    files.purpose.unlink()
    claim(files, "test")
    assert is_throwaway(files)


def test_an_unknown_purpose_is_a_fault_of_the_caller(files):
    with pytest.raises(ValueError, match="production"):
        EmbeddedCluster(files.root, "production")
