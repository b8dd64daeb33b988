"""Whatever happened to a stored model's bytes, it is refused in one way or is the same model."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aura_engine.ensemble import RiskEnsemble
from aura_engine.ensemble.artefact import PARTS, pack
from aura_engine.ensemble.layout import ARRAYS, SCALARS
from aura_engine.errors import ArtefactError

ARTEFACT = RiskEnsemble().fit(np.random.default_rng(0).beta(2, 4, (60, 6))).to_bytes()
PLACES = st.integers(0, len(ARTEFACT) - 1)
DIRECTORY = ARTEFACT.index(b"PK\x01\x02")
IN_DIRECTORY = st.integers(DIRECTORY, len(ARTEFACT) - 1)


def refused(artefact: bytes) -> bool:
    """Tell whether the bytes are refused; those that are not must be the same model."""
    try:
        model = RiskEnsemble.from_bytes(artefact)
    except ArtefactError:
        return True
    assert model.to_bytes() == ARTEFACT
    return False


def members() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(ARTEFACT)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def with_array(name: str, array: NDArray[Any]) -> bytes:
    body = io.BytesIO()
    np.lib.format.write_array(body, array, allow_pickle=False)
    return zipped(members() | {f"{name}.npy": body.getvalue()})


def with_manifest(change: Callable[[dict[str, Any]], object]) -> bytes:
    manifest = json.loads(members()["manifest.json"])
    change(manifest)
    return zipped(members() | {"manifest.json": json.dumps(manifest).encode()})


def array(name: str) -> NDArray[Any]:
    return np.lib.format.read_array(io.BytesIO(members()[f"{name}.npy"]))


@given(PLACES)
@example(0)
@example(DIRECTORY)
def test_a_cut_artefact_is_refused(length: int) -> None:
    assert refused(ARTEFACT[:length])


@settings(max_examples=200)
@given(st.lists(st.tuples(PLACES | IN_DIRECTORY, st.integers(0, 255)), min_size=1, max_size=8))
def test_an_artefact_with_other_bytes_is_refused_or_the_same(
    changes: list[tuple[int, int]],
) -> None:
    damaged = bytearray(ARTEFACT)
    for place, byte in changes:
        damaged[place] = byte
    refused(bytes(damaged))


@given(PLACES, st.binary(min_size=1, max_size=40), st.integers(0, 40))
def test_an_artefact_with_a_part_replaced_is_refused_or_the_same(
    place: int, inserted: bytes, removed: int
) -> None:
    refused(ARTEFACT[:place] + inserted + ARTEFACT[place + removed :])


@given(st.binary(max_size=200))
def test_bytes_that_are_no_artefact_are_refused(garbage: bytes) -> None:
    assert refused(garbage)


@given(st.sampled_from(sorted(members())), st.binary(max_size=80))
def test_a_member_of_garbage_is_refused(name: str, garbage: bytes) -> None:
    assert refused(zipped(members() | {name: garbage}))


@pytest.mark.parametrize("name", sorted(members()))
def test_a_missing_member_is_refused(name: str) -> None:
    assert refused(zipped({other: body for other, body in members().items() if other != name}))


@pytest.mark.parametrize("name", [*ARRAYS, "forest_vote_/nodes"])
def test_an_array_of_another_shape_or_type_is_refused(name: str) -> None:
    stored = array(name)
    others = [stored[:-1], stored[:0], stored[None], np.zeros(()), np.full(stored.shape, "x")]
    if stored.dtype.names is None:
        others += [stored.astype("complex128"), stored.astype("float32"), stored.astype("int16")]
    for other in others:
        if other.shape != stored.shape or other.dtype != stored.dtype:
            assert refused(with_array(name, other)), (other.dtype, other.shape)


@pytest.mark.parametrize("name", [name for name, (kind, _) in ARRAYS.items() if kind == "float64"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_array_that_is_not_finite_is_refused(name: str, value: float) -> None:
    stored = array(name).copy()
    stored.flat[-1] = value
    assert refused(with_array(name, stored))


@pytest.mark.parametrize("field", ["left_child", "right_child", "feature"])
@pytest.mark.parametrize("value", [0, -3, 10**6, 2**62])
def test_a_tree_whose_nodes_lead_nowhere_is_refused(field: str, value: int) -> None:
    nodes = array("forest_vote_/nodes").copy()
    nodes[field][1 if field == "left_child" else 0] = value
    if (nodes != array("forest_vote_/nodes")).any():
        assert refused(with_array("forest_vote_/nodes", nodes))


@pytest.mark.parametrize("field", SCALARS)
@pytest.mark.parametrize("value", ["x", [], {}, 1e999, 10**30, "absent"])
def test_a_number_of_another_type_is_refused(field: str, value: object) -> None:
    part, name = field.split("/")

    def change(manifest: dict[str, Any]) -> None:
        if value == "absent":
            del manifest["scalars"][part][name]
        else:
            manifest["scalars"][part][name] = value

    assert refused(with_manifest(change))


@pytest.mark.parametrize(
    "changes",
    [
        {"people": 0},
        {"people": "many"},
        {"people": True},
        {"scalars": []},
        {"parameters": {"n_clusters": 1}},
        {"parameters": {"unknown": 1}},
        {"parameters": None},
        {"format": {}},
        {"features": 6},
        {"libraries": None},
    ],
)
def test_a_manifest_of_another_kind_is_refused(changes: dict[str, Any]) -> None:
    assert refused(with_manifest(lambda manifest: manifest.update(changes)))


@pytest.mark.parametrize("manifest", [b"[]", b"null", b"[" * 100_000, b'"x"', b"\xff"])
def test_a_manifest_that_is_none_is_refused(manifest: bytes) -> None:
    assert refused(zipped(members() | {"manifest.json": manifest}))


def test_every_field_of_every_part_has_a_layout() -> None:
    known = {*ARRAYS, *SCALARS, "forest_vote_/nodes"}
    stored = {name.removesuffix(".npy") for name in members() if name.endswith(".npy")}
    assert stored <= known
    assert pack(RiskEnsemble.from_bytes(ARTEFACT)) == ARTEFACT
    assert {name.split("/")[0] for name in known} - {"probe"} == set(PARTS)
