"""What the parts of a stored model look like; anything else is damage.

Damage must be found before a part is used: broadcasting would accept a wrong shape in silence, and
scikit-learn's trees follow the indices of their nodes without looking where they lead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import NoneType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aura_engine.domain import KPI_COLUMNS

_WIDTH: Final = len(KPI_COLUMNS)
_LEAF: Final = -1

ARRAYS: Final[Mapping[str, tuple[str, tuple[int | None, ...]]]] = {
    "input_/medians": ("float64", (_WIDTH,)),
    "input_/usual": ("float64", (_WIDTH,)),
    "input_/scales": ("float64", (_WIDTH,)),
    "input_/spans": ("float64", (_WIDTH,)),
    "input_/weights": ("float64", (_WIDTH,)),
    "input_/no_contrast": ("bool", (_WIDTH,)),
    "input_/direction": ("float64", (_WIDTH,)),
    "cluster_vote_/centers": ("float64", (None, _WIDTH)),
    "density_vote_/core_points": ("float64", (None, _WIDTH)),
    "forest_vote_/node_counts": ("int64", (None,)),
    "forest_vote_/max_depths": ("int64", (None,)),
    "forest_vote_/path_lengths": ("float64", (None,)),
    "projection_/mean": ("float64", (_WIDTH,)),
    "projection_/components": ("float64", (2, _WIDTH)),
    "probe/rows": ("float64", (None, _WIDTH)),
    "probe/votes": ("bool", (None, 3)),
    "probe/severity": ("float64", (None,)),
}
"""Type and shape of each array; None is any length. Of the forest's nodes see `check_layout`."""

SCALARS: Final[Mapping[str, tuple[type, ...]]] = {
    "input_/one_sided": (bool,),
    "cluster_vote_/risk_cluster": (int,),
    "cluster_vote_/casts_votes": (bool,),
    "density_vote_/eps": (float, NoneType),
    "forest_vote_/scale": (float,),
    "forest_vote_/threshold": (float,),
    "scale_/score_low": (float,),
    "scale_/score_high": (float,),
    "scale_/distance_low": (float,),
    "scale_/distance_high": (float,),
}


def check_layout(arrays: Mapping[str, NDArray[Any]], scalars: Mapping[str, Any]) -> None:
    """Refuse parts of another type, shape or structure; both mappings by ``part/field``.

    Raises
    ------
    ValueError
        Naming the first field that does not fit.
    KeyError
        If a field is absent.
    """
    for name, (dtype, shape) in ARRAYS.items():
        array = arrays[name]
        fits = len(shape) == array.ndim and all(
            length in (None, found) for length, found in zip(shape, array.shape, strict=True)
        )
        if array.dtype != dtype or not fits or not np.isfinite(array).all():
            raise ValueError(name)
    for name, types in SCALARS.items():
        value = scalars[name]
        if type(value) not in types or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError(name)
    if not 0 <= scalars["cluster_vote_/risk_cluster"] < len(arrays["cluster_vote_/centers"]):
        raise ValueError("cluster_vote_/risk_cluster")
    if not _is_forest(
        arrays["forest_vote_/nodes"],
        arrays["forest_vote_/node_counts"],
        arrays["forest_vote_/max_depths"],
        arrays["forest_vote_/path_lengths"],
    ):
        raise ValueError("forest_vote_/nodes")


def _is_forest(
    nodes: NDArray[Any],
    counts: NDArray[np.int64],
    depths: NDArray[np.int64],
    lengths: NDArray[np.float64],
) -> bool:
    """Tell whether every node's children stand behind it in its own tree, so that walks end."""
    if not (
        nodes.ndim == 1
        and 0 < counts.size == depths.size
        and (counts > 0).all()
        and (counts <= len(nodes)).all()
        and counts.sum() == len(nodes) == len(lengths)
    ):
        return False
    place = np.concatenate([np.arange(count) for count in counts])
    size = np.repeat(counts, counts)
    left, right, feature = nodes["left_child"], nodes["right_child"], nodes["feature"]
    sound = (place < left) & (left < size) & (place < right) & (right < size)
    sound &= (feature >= 0) & (feature < _WIDTH)
    return bool((sound | (left == _LEAF)).all())
