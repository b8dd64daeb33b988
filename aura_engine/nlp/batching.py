"""Group token sequences so that little of a batch is padding and none is too large."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def token_budget_batches(
    lengths: Sequence[int], budget: int, most_rows: int
) -> Iterator[list[int]]:
    """Yield positions of sequences, longest first, in batches.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each sequence.
    budget : int
        Most tokens of a batch, padding included; a sequence longer than it comes alone.
    most_rows : int
        Most sequences of a batch.

    Yields
    ------
    list of int
        Positions in `lengths`; each position comes exactly once.
    """
    order = sorted(range(len(lengths)), key=lambda position: (-lengths[position], position))
    start = 0
    while start < len(order):
        longest = max(lengths[order[start]], 1)
        rows = max(1, min(most_rows, budget // longest))
        yield order[start : start + rows]
        start += rows
