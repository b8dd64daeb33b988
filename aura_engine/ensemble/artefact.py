"""A fitted model as one file: a zip of ``.npy`` arrays and a JSON manifest, no pickle.

Every part of the model is a frozen dataclass, so its fields are the format: arrays become
``part/field.npy``, numbers go into the manifest (JSON holds a float64 exactly). The same model
always gives the same bytes. A few synthetic rows and their results travel along; a library that no
longer reproduces them is noticed when the model is loaded, not when a person is misjudged.
"""

from __future__ import annotations

import io
import json
import os
import platform
import tempfile
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import numpy as np
import scipy
import sklearn
from numpy.typing import ArrayLike, NDArray

from aura_engine.domain import KPI_COLUMNS
from aura_engine.ensemble.assessment import RiskAssessment
from aura_engine.ensemble.density import DensityVote
from aura_engine.ensemble.forest import ForestVote
from aura_engine.ensemble.kmeans import ClusterVote
from aura_engine.ensemble.layout import check_layout
from aura_engine.ensemble.one_sided import DetectorInput
from aura_engine.ensemble.projection import Projection
from aura_engine.ensemble.severity import SeverityScale
from aura_engine.ensemble.validation import check_parameters
from aura_engine.errors import ArtefactError
from aura_engine.i18n import t

FORMAT: Final = "aura-ensemble/2"
PARTS: Final[dict[str, type[Any]]] = {
    "input_": DetectorInput,
    "cluster_vote_": ClusterVote,
    "density_vote_": DensityVote,
    "forest_vote_": ForestVote,
    "scale_": SeverityScale,
    "projection_": Projection,
}
_MANIFEST = "manifest.json"
_TOLERANCE = 1e-9


class Ensemble(Protocol):
    """What is packed: an estimator with the parts of :data:`PARTS`."""

    n_samples_fit_: int

    def get_params(self, deep: bool = ...) -> dict[str, Any]: ...

    def assess(self, X: ArrayLike) -> RiskAssessment: ...


E = TypeVar("E", bound=Ensemble)


def pack(model: Ensemble) -> bytes:
    """Return the artefact of a fitted model; the same model gives the same bytes."""
    arrays: dict[str, NDArray[Any]] = {}
    scalars: dict[str, dict[str, Any]] = {}
    for name, part in PARTS.items():
        scalars[name] = {}
        for field in fields(part):
            value = getattr(getattr(model, name), field.name)
            if isinstance(value, np.ndarray):
                arrays[f"{name}/{field.name}"] = value
            else:
                scalars[name][field.name] = value
    probe = np.random.default_rng(0).random((32, len(KPI_COLUMNS)))
    told = model.assess(probe)
    arrays |= {"probe/rows": probe, "probe/votes": told.votes, "probe/severity": told.severity}
    manifest = {
        "format": FORMAT,
        "features": list(KPI_COLUMNS),
        "parameters": _plain(model.get_params(deep=False)),
        "people": model.n_samples_fit_,
        "libraries": _libraries(),
        "scalars": scalars,
        "shapes": {name: list(array.shape) for name, array in arrays.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(manifest, allow_nan=False, indent=1, sort_keys=True)
        _add(archive, _MANIFEST, text.encode())
        for name, array in arrays.items():
            body = io.BytesIO()
            np.lib.format.write_array(body, np.ascontiguousarray(array), allow_pickle=False)
            _add(archive, f"{name}.npy", body.getvalue())
    return buffer.getvalue()


def unpack(cls: type[E], artefact: bytes) -> E:
    """Return the model that :func:`pack` stored.

    Raises
    ------
    ArtefactError
        If the artefact is damaged, of another format or feature order, or does not reproduce its
        own results with the installed libraries.
    """
    try:
        manifest, arrays = _read(artefact)
        model = _restore(cls, manifest, arrays)
        told = model.assess(arrays["probe/rows"])
        same = np.array_equal(told.votes, arrays["probe/votes"]) and np.allclose(
            told.severity, arrays["probe/severity"], rtol=0.0, atol=_TOLERANCE
        )
    except ArtefactError:
        raise
    except Exception as error:
        # Damage has no kind of its own: zipfile, zlib, json and numpy each fail in many ways.
        raise ArtefactError(t("ensemble.artefact_unreadable")) from error
    if not same:
        raise ArtefactError(
            t(
                "ensemble.artefact_drift",
                installed=_named(_libraries()),
                stored=_named(manifest["libraries"]),
            )
        )
    return model


def write_file(path: Path, artefact: bytes) -> None:
    """Put the artefact at ``path`` as a whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(artefact)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_file(path: Path) -> bytes:
    """Return the bytes at ``path``.

    Raises
    ------
    ArtefactError
        If the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtefactError(t("ensemble.artefact_unreadable")) from error


def _read(artefact: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    with zipfile.ZipFile(io.BytesIO(artefact)) as archive:
        manifest = json.loads(archive.read(_MANIFEST))
        _check_kind(manifest)
        arrays = {
            name.removesuffix(".npy"): np.lib.format.read_array(
                io.BytesIO(archive.read(name)), allow_pickle=False
            )
            for name in archive.namelist()
            if name.endswith(".npy")
        }
    return manifest, arrays


def _restore(cls: type[E], manifest: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> E:
    scalars = {
        f"{part}/{field}": value
        for part, values in manifest["scalars"].items()
        for field, value in values.items()
    }
    check_layout(arrays, scalars)
    if {name: list(array.shape) for name, array in arrays.items()} != manifest["shapes"]:
        raise ValueError("shapes")
    model = cls(**manifest["parameters"])
    check_parameters(model.get_params(deep=False))
    if type(manifest["people"]) is not int or manifest["people"] < 1:
        raise ValueError("people")
    if not isinstance(manifest["libraries"], dict):
        raise TypeError("libraries")
    values = scalars | arrays
    for name, part in PARTS.items():
        found = {field.name: values[f"{name}/{field.name}"] for field in fields(part)}
        setattr(model, name, part(**found))
    model.n_samples_fit_ = manifest["people"]
    return model


def _check_kind(manifest: dict[str, Any]) -> None:
    if manifest["format"] != FORMAT:
        raise ArtefactError(
            t("ensemble.artefact_format", found=manifest["format"], expected=FORMAT)
        )
    if manifest["features"] != list(KPI_COLUMNS):
        raise ArtefactError(
            t("ensemble.artefact_features", found=", ".join(map(str, manifest["features"])))
        )


def _add(archive: zipfile.ZipFile, name: str, body: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, body)


def _libraries() -> dict[str, str]:
    return {
        "numpy": np.__version__,
        "python": platform.python_version(),
        "scikit-learn": sklearn.__version__,
        "scipy": scipy.__version__,
    }


def _named(libraries: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(libraries.items()))


def _plain(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters as JSON holds them: numpy numbers and arrays become Python's."""
    plain = {}
    for name, value in parameters.items():
        if isinstance(value, (np.generic, np.ndarray)):
            plain[name] = value.tolist()
        elif isinstance(value, (list, tuple)):
            plain[name] = [float(weight) for weight in value]
        else:
            plain[name] = value
    return plain
