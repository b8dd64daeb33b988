"""Groups of few people are hidden, and so that no subtraction brings them back.

A group under `FEWEST` is hidden. The groups of a breakdown add up to a total that is known, so a
single hidden one would be what the others leave: the next smallest is then hidden too. So it is
where those hidden could still be told from their sum, as two of one person each could, and one
more is hidden until none can. It protects how large a group is; what a hidden group's levels are
is told only of all hidden ones together.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from enum import StrEnum
from typing import Final, TypeVar

FEWEST: Final = 10
"""People of whom a group must have at least as many to be told."""


class Hidden(StrEnum):
    """Why a group is not told."""

    SMALL = "small"
    """It has fewer than `FEWEST` people."""
    BESIDE = "beside"
    """It has more, and would give away one that has not."""


Group = TypeVar("Group", bound=Hashable)


def hidden_groups(sizes: Mapping[Group, int]) -> dict[Group, Hidden]:
    """Return which groups of a breakdown are hidden, and why.

    Parameters
    ----------
    sizes : mapping
        People by group, at least one each; all groups of the breakdown, that of whom it is not
        known too.
    """
    ordered = sorted(sizes, key=lambda group: (sizes[group], str(group)))
    hidden = {group: Hidden.SMALL for group in ordered if sizes[group] < FEWEST}
    others = ordered[len(hidden) :]
    while hidden and others and _can_be_told(sizes, hidden, others):
        hidden[others.pop(0)] = Hidden.BESIDE
    return hidden


def _can_be_told(
    sizes: Mapping[Group, int], hidden: Mapping[Group, Hidden], others: list[Group]
) -> bool:
    """Tell whether the sum of the hidden groups leaves one value only for any of them."""
    total = sum(sizes[group] for group in hidden)
    bounds = [
        (1, FEWEST - 1) if why is Hidden.SMALL else (FEWEST, sizes[others[0]])
        for why in hidden.values()
    ]
    lowest, highest = sum(low for low, _ in bounds), sum(high for _, high in bounds)
    return any(
        max(low, total - (highest - high)) >= min(high, total - (lowest - low))
        for low, high in bounds
    )
