"""Why a level changed: the person, the model, or both."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from aura_engine.domain import RiskLevel
from aura_engine.ensemble.errors import MatrixError
from aura_engine.i18n import t

_LEVELS: Final = [level.value for level in RiskLevel]


class Reason(StrEnum):
    """What a change of level is due to; the value is what tables hold."""

    BEHAVIOUR = "behaviour"
    MODEL = "model"
    BOTH = "both"


def why_changed(
    old: ArrayLike, old_model_new_features: ArrayLike, new: ArrayLike
) -> NDArray[np.object_]:
    """Tell, for each person, what changed their level.

    Parameters
    ----------
    old : array-like of shape (n,)
        Level that was stored: old model, old features.
    old_model_new_features : array-like of shape (n,)
        Level the old model gives the new features.
    new : array-like of shape (n,)
        Level the new model gives the new features. Within one version it equals the former.

    Returns
    -------
    ndarray of shape (n,), object
        None where ``old == new``; else ``BEHAVIOUR`` where the new features alone lead to the new
        level, ``MODEL`` where they leave the old one as it was, ``BOTH`` where the path leads
        through a third level.

    Raises
    ------
    MatrixError
        If the lengths differ or a value is no level.
    """
    sides = [_codes(levels) for levels in (old, old_model_new_features, new)]
    if len({side.shape for side in sides}) > 1 or any((side < 0).any() for side in sides):
        raise MatrixError(t("ensemble.bad_levels", levels=", ".join(_LEVELS)))
    before, between, after = sides
    changed = before != after
    reasons = np.full(before.shape, None, dtype=np.object_)
    reasons[changed] = Reason.BOTH
    reasons[changed & (between == after)] = Reason.BEHAVIOUR
    reasons[changed & (between == before)] = Reason.MODEL
    return reasons


def _codes(levels: ArrayLike) -> NDArray[np.int8]:
    """Return levels as small numbers, -1 for what is none; strings of millions would be copied."""
    values = levels if isinstance(levels, pd.Series) else np.asarray(levels, dtype=object)
    if values.ndim != 1:
        raise MatrixError(t("ensemble.bad_levels", levels=", ".join(_LEVELS)))
    codes: NDArray[np.int8] = pd.Index(_LEVELS).get_indexer(pd.Index(values)).astype(np.int8)
    return codes
