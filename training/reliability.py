"""Draw how often texts of a given P(negative) are negative."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

BINS: Final = 10
_TITLES: Final = {"own": "own sentences", "xed": "XED lines"}


def draw_reliability(
    curves: dict[str, tuple[NDArray[np.bool_], NDArray[np.float64]]], path: Path
) -> None:
    """Write a reliability diagram as SVG.

    Parameters
    ----------
    curves : dict of str to (ndarray of bool, ndarray of float)
        Truth and P(negative) of the texts of each held-out part.
    path : Path
        Where to write.
    """
    figure = Figure(figsize=(4.5, 4.0), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="perfect")
    for name, (truth, p) in curves.items():
        place = np.minimum((p * BINS).astype(int), BINS - 1)
        filled = [bin_ for bin_ in range(BINS) if (place == bin_).sum() >= 5]
        axes.plot(
            [p[place == bin_].mean() for bin_ in filled],
            [truth[place == bin_].mean() for bin_ in filled],
            marker="o",
            label=f"{_TITLES[name]} (n = {len(p)})",
        )
    axes.set(xlabel="P(negative)", ylabel="share that is negative", xlim=(0, 1), ylim=(0, 1))
    axes.legend(frameon=False)
    with mpl.rc_context({"svg.hashsalt": path.name}):  # else names in it differ every time
        figure.savefig(path, metadata={"Date": None, "Creator": None})
