from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aura_engine.ensemble import RiskEnsemble
from aura_engine.errors import ArtefactError

Draw = Callable[[int, int], NDArray[np.float64]]
PARTS = ("votes", "level", "severity", "pca", "kmeans_cluster")


def rewritten(artefact: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(artefact)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def with_manifest(artefact: bytes, **changes: Any) -> bytes:
    def change(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"]) | changes
        members["manifest.json"] = json.dumps(manifest).encode()

    return rewritten(artefact, change)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"one_sided": False, "weights": None, "eps": 0.2},
        {"weights": np.array([1, 1, 0, 1, 2, 1.0]), "n_clusters": np.int64(3)},
    ],
)
def test_a_loaded_model_judges_with_the_same_bits(
    scaled: Draw, tmp_path: Path, parameters: dict[str, Any]
) -> None:
    model = RiskEnsemble(**parameters).fit(scaled(400, 0))
    model.save(tmp_path / "model.npz")
    loaded = RiskEnsemble.load(tmp_path / "model.npz")
    X = scaled(300, 1)
    for name in PARTS:
        np.testing.assert_array_equal(
            getattr(loaded.assess(X), name), getattr(model.assess(X), name)
        )
    np.testing.assert_array_equal(loaded.forest_vote_.scores(X), model.forest_vote_.scores(X))
    assert loaded.to_bytes() == model.to_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["model.npz"]


@pytest.mark.parametrize("n", [1, 7])
def test_a_model_of_hardly_anyone_survives_storage(scaled: Draw, n: int) -> None:
    model = RiskEnsemble().fit(scaled(n, 0))
    assert RiskEnsemble.from_bytes(model.to_bytes()).to_bytes() == model.to_bytes()


def test_another_process_loads_the_same_bits(scaled: Draw, tmp_path: Path) -> None:
    X = scaled(300, 1)
    model = RiskEnsemble().fit(scaled(400, 0))
    model.save(tmp_path / "model.npz")
    np.save(tmp_path / "X.npy", X)
    script = (
        "import hashlib, sys, numpy as np\n"
        "from aura_engine.ensemble import RiskEnsemble\n"
        "told = RiskEnsemble.load(sys.argv[1]).assess(np.load(sys.argv[2]))\n"
        "print(hashlib.sha256(told.severity.tobytes() + told.votes.tobytes()).hexdigest())\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "model.npz"), str(tmp_path / "X.npy")],
        capture_output=True,
        text=True,
        check=True,
    )
    told = model.assess(X)
    expected = hashlib.sha256(told.severity.tobytes() + told.votes.tobytes()).hexdigest()
    assert answer.stdout.split()[-1] == expected


def test_the_artefact_holds_arrays_and_json_and_no_pickle(scaled: Draw) -> None:
    artefact = RiskEnsemble().fit(scaled(100, 0)).to_bytes()
    with zipfile.ZipFile(io.BytesIO(artefact)) as archive:
        names = archive.namelist()
        for name in names:
            if name.endswith(".npy"):
                array = np.lib.format.read_array(io.BytesIO(archive.read(name)), allow_pickle=False)
                assert not array.dtype.hasobject
        manifest = json.loads(archive.read("manifest.json"))
    assert all(name.endswith(".npy") or name == "manifest.json" for name in names)
    assert manifest["people"] == 100
    assert set(manifest["libraries"]) == {"numpy", "python", "scikit-learn", "scipy"}


class Payload:
    """What a forged artefact would carry: unpickling it makes a directory."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.trace),)


def test_a_pickled_array_is_refused_and_its_code_never_runs(scaled: Draw, tmp_path: Path) -> None:
    trace = tmp_path / "executed"
    body = io.BytesIO()
    np.lib.format.write_array(body, np.array([Payload(trace)], dtype=object), allow_pickle=True)
    forged = rewritten(
        RiskEnsemble().fit(scaled(50, 0)).to_bytes(),
        lambda members: members.update({"input_/medians.npy": body.getvalue()}),
    )
    with pytest.raises(ArtefactError, match="no se puede leer"):
        RiskEnsemble.from_bytes(forged)
    assert not trace.exists()


def test_an_artefact_of_another_feature_order_is_refused(scaled: Draw) -> None:
    artefact = RiskEnsemble().fit(scaled(50, 0)).to_bytes()
    with pytest.raises(ArtefactError, match="otro orden: b, a"):
        RiskEnsemble.from_bytes(with_manifest(artefact, features=["b", "a"]))


def test_an_artefact_of_another_format_is_refused(scaled: Draw) -> None:
    artefact = RiskEnsemble().fit(scaled(50, 0)).to_bytes()
    with pytest.raises(ArtefactError, match="aura-ensemble/3"):
        RiskEnsemble.from_bytes(with_manifest(artefact, format="aura-ensemble/3"))


def test_a_model_that_no_longer_reproduces_itself_is_refused(scaled: Draw) -> None:
    def change(members: dict[str, bytes]) -> None:
        body = io.BytesIO()
        np.lib.format.write_array(body, np.full(32, 50.0), allow_pickle=False)
        members["probe/severity.npy"] = body.getvalue()

    artefact = rewritten(RiskEnsemble().fit(scaled(50, 0)).to_bytes(), change)
    with pytest.raises(ArtefactError, match="scikit-learn"):
        RiskEnsemble.from_bytes(artefact)


@pytest.mark.parametrize("absent", ["input_/medians.npy", "forest_vote_/nodes.npy"])
def test_an_artefact_without_a_part_is_refused(scaled: Draw, absent: str) -> None:
    artefact = RiskEnsemble().fit(scaled(50, 0)).to_bytes()
    with pytest.raises(ArtefactError, match="no se puede leer"):
        RiskEnsemble.from_bytes(rewritten(artefact, lambda members: members.pop(absent) and None))


def test_a_cut_or_foreign_or_absent_file_is_refused(scaled: Draw, tmp_path: Path) -> None:
    artefact = RiskEnsemble().fit(scaled(50, 0)).to_bytes()
    for damaged in (artefact[: len(artefact) // 2], b"", b"not a zip"):
        with pytest.raises(ArtefactError, match="no se puede leer"):
            RiskEnsemble.from_bytes(damaged)
    with pytest.raises(ArtefactError, match="no se puede leer"):
        RiskEnsemble.load(tmp_path / "absent.npz")
