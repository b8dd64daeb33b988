"""Simulated populations: raw KPIs with planted risk and healthy outliers, drawn by persona."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

PERSONAS = ("ordinary", "thriving", "hyper_social", "isolated", "withdrawing", "in_distress")
SHARES = (0.74, 0.14, 0.03, 0.03, 0.03, 0.03)
AT_RISK = (3, 4, 5)
HEALTHY_OUTLIER = 2


@dataclass(frozen=True)
class Population:
    raw: NDArray[np.float64]
    persona: NDArray[np.int64]

    @property
    def at_risk(self) -> NDArray[np.bool_]:
        return np.isin(self.persona, AT_RISK)

    @property
    def healthy_outlier(self) -> NDArray[np.bool_]:
        return self.persona == HEALTHY_OUTLIER


def _planted(n: int, seed: int) -> Population:
    """Raw KPIs of n people, 9 % of them at risk, 3 % unusual in a healthy way."""
    rng = np.random.default_rng(seed)
    persona = rng.choice(len(PERSONAS), size=n, p=SHARES)

    def per_persona(*values: float) -> NDArray[np.float64]:
        return np.array(values)[persona]

    raw = np.column_stack(
        [
            rng.gamma(4.0, per_persona(0.25, 0.2, 0.05, 0.8, 0.3, 0.35)),
            np.minimum(rng.gamma(1.5, per_persona(3, 1.5, 0.4, 14, 25, 4)), 365),
            rng.beta(2, per_persona(22, 26, 20, 12, 14, 5)),
            (rng.random(n) < per_persona(0.25, 0.1, 0.02, 0.6, 0.4, 0.35)).astype(float),
            rng.beta(per_persona(5, 3, 2.5, 7, 7, 14), 14),
            rng.poisson(per_persona(2.5, 4, 11, 0.4, 1.2, 1.8)).clip(0, 12).astype(float),
        ]
    )
    silent = rng.random(n) < per_persona(0.08, 0.03, 0.0, 0.25, 0.2, 0.05)
    raw[silent, 2] = np.nan
    raw[rng.random(n) < 0.06, 4] = np.nan
    return Population(raw, persona)


@pytest.fixture
def planted() -> Callable[[int, int], Population]:
    """Draws a population of n people from a seed."""
    return _planted


@pytest.fixture
def scaled() -> Callable[[int, int], NDArray[np.float64]]:
    """Draws n scaled rows from a seed, with a binary fourth column as in life."""

    def draw(n: int, seed: int) -> NDArray[np.float64]:
        rng = np.random.default_rng(seed)
        X = rng.beta(2, 4, (n, 6))
        X[:, 3] = X[:, 3] > 0.5
        return X

    return draw
