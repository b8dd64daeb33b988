"""What the axes of the map mean: the loadings of the model that scores now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from aura_engine.domain import KPI_COLUMNS
from aura_engine.pipeline.explanation import model_of
from aura_engine.store.access import Viewer
from aura_engine.store.reads import model_in_view

TELLING: Final = 0.4
"""Of the largest loading of an axis, the part from which another one is named beside it."""
MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Axis:
    """One principal component.

    Parameters
    ----------
    loadings : dict of str to float
        By KPI column, of a vector of length 1: how far a scaled KPI of 1 more moves somebody to
        the right or up. All 0 where nothing varies.
    """

    loadings: dict[str, float]

    def leading(self) -> list[tuple[str, bool]]:
        """Return the KPIs that make the axis, the heaviest first, and whether they grow with it."""
        largest = max(abs(loading) for loading in self.loadings.values())
        ordered = sorted(self.loadings.items(), key=lambda item: -abs(item[1]))
        return [
            (column, loading > 0)
            for column, loading in ordered[:MOST_NAMED]
            if loading and abs(loading) >= TELLING * largest
        ]


def map_axes(connection: Connection, viewer: Viewer) -> tuple[Axis, Axis] | None:
    """Return the axes to the right and up; None before the first model.

    Parameters
    ----------
    connection : Connection
        Of `aura_engine.store.connect.reading`.
    viewer : Viewer
        Who looks.

    Raises
    ------
    ArtefactError
        If the model is gone or cannot be read.
    """
    version = model_in_view(connection, viewer)
    if version is None:
        return None
    right, up = model_of(connection, version.id).ensemble.projection_.components
    return _axis(right), _axis(up)


def _axis(component: NDArray[np.float64]) -> Axis:
    return Axis({column: float(x) for column, x in zip(KPI_COLUMNS, component, strict=True)})
