"""What the ensemble accepts: constraints are data, and every refusal says what to do."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aura_engine.domain import KPI_COLUMNS
from aura_engine.ensemble.errors import MatrixError, ParameterError
from aura_engine.i18n import t

N_FEATURES: Final = len(KPI_COLUMNS)


def _integer(value: object, low: int, high: float) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and low <= int(value) <= high


def _number(value: object, above: float, high: float) -> bool:
    return (
        isinstance(value, Real)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and above < float(value) <= high
    )


def _weights(value: object) -> bool:
    if value is None:
        return True
    try:
        weights = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    return bool(
        weights.shape == (N_FEATURES,)
        and np.isfinite(weights).all()
        and (weights >= 0).all()
        and (weights > 0).any()
    )


CONSTRAINTS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "n_clusters": lambda value: _integer(value, 2, 10),
    "contamination": lambda value: _number(value, 0.0, 0.5),
    "eps": lambda value: value is None or _number(value, 0.0, math.inf),
    "min_samples": lambda value: _integer(value, 1, math.inf),
    "one_sided": lambda value: isinstance(value, (bool, np.bool_)),
    "weights": _weights,
    "random_state": lambda value: _integer(value, 0, 2**32 - 1),
}


def check_parameters(parameters: Mapping[str, Any]) -> None:
    """Refuse parameters outside :data:`CONSTRAINTS`.

    Raises
    ------
    ParameterError
        Naming the first bad parameter, its value and what it must be.
    """
    for name, accepts in CONSTRAINTS.items():
        if not accepts(parameters[name]):
            raise ParameterError(
                t(
                    "ensemble.bad_parameter",
                    name=name,
                    value=repr(parameters[name]),
                    requirement=t(f"ensemble.requires_{name}"),
                )
            )


def check_matrix(X: ArrayLike) -> NDArray[np.float64]:
    """Return X as a C-contiguous float64 matrix of shape (n, 6).

    Raises
    ------
    MatrixError
        If the shape or (of a DataFrame) the column order is another, or a value is no number, NaN
        or infinite.
    """
    columns = getattr(X, "columns", None)
    if columns is not None and tuple(columns) != KPI_COLUMNS:
        raise MatrixError(t("ensemble.bad_columns", expected=", ".join(KPI_COLUMNS)))
    try:
        matrix = np.ascontiguousarray(X, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MatrixError(t("ensemble.not_numeric")) from error
    if matrix.ndim != 2 or matrix.shape[1] != N_FEATURES:
        raise MatrixError(t("ensemble.bad_shape", expected=N_FEATURES, shape=tuple(np.shape(X))))
    bad = ~np.isfinite(matrix)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise MatrixError(t("ensemble.not_finite", column=KPI_COLUMNS[column], row=int(row)))
    return matrix
