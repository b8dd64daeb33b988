"""The map of people: how many stand where, and who stands within a rectangle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from aura_engine.store.access import Viewer
from aura_engine.store.reads.scope import scoped, without_identity

_FILE: Final = "store_map"
GRID: Final = (120, 80)
"""Columns and rows of the cells in which people are counted."""


@dataclass(frozen=True, slots=True)
class Density:
    """How many people stand in each cell of a grid.

    Parameters
    ----------
    people : ndarray of shape (rows, columns), float32
        The first row is the lowest, the first column the leftmost.
    x, y : tuple of float
        Where the grid begins and ends.
    """

    people: NDArray[np.float32]
    x: tuple[float, float]
    y: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the map, its edges included."""

    left: float
    right: float
    bottom: float
    top: float


@dataclass(frozen=True, slots=True)
class Within:
    """Who stands within a rectangle.

    Parameters
    ----------
    people : list of dict
        The most severe first, as many as were wanted.
    total : int
        How many there are.
    """

    people: list[dict[str, Any]]
    total: int


def density(connection: Connection, viewer: Viewer) -> Density | None:
    """Count people by cell of the map; None where nobody is in view.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    """
    viewer.require_aggregates()
    columns, rows = GRID
    asked = {"scope": viewer.scope(), "columns": columns, "rows": rows}
    cells = connection.execute(scoped(_FILE, "density"), asked).all()
    if not cells:
        return None
    people = np.zeros((rows, columns), dtype=np.float32)
    for cell in cells:
        # On an axis without variance everyone stands in the middle.
        x = columns // 2 if cell.x_cell is None else cell.x_cell
        y = rows // 2 if cell.y_cell is None else cell.y_cell
        people[y, x] += cell.people
    edges = cells[0]
    return Density(people, (edges.x_low, edges.x_high), (edges.y_low, edges.y_high))


def people_within(connection: Connection, viewer: Viewer, box: Box, *, limit: int) -> Within:
    """Return who stands within a rectangle of the map.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    box : Box
        The rectangle.
    limit : int
        Most people to return.
    """
    viewer.require_aggregates()
    asked = {
        "left": box.left, "right": box.right, "bottom": box.bottom, "top": box.top,
        "scope": viewer.scope(), "limit": limit,
    }  # fmt: skip
    rows = connection.execute(scoped(_FILE, "within"), asked).mappings().all()
    people = [without_identity(row, viewer) for row in rows]
    return Within(people, people[0]["found"] if people else 0)
