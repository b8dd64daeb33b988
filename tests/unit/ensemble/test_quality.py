from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from aura_engine.ensemble import RiskEnsemble, cluster_quality

Draw = Callable[[int, int], NDArray[np.float64]]


def test_well_separated_clusters_score_well() -> None:
    rng = np.random.default_rng(0)
    centres = np.array([[0.1] * 6, [0.9] * 6])
    X = np.repeat(centres, 50, axis=0) + rng.normal(0, 0.01, (100, 6))
    model = RiskEnsemble(n_clusters=2, one_sided=False, weights=None, eps=0.2).fit(X)
    quality = cluster_quality(model, X)
    assert quality.silhouette is not None
    assert quality.silhouette > 0.95
    assert quality.silhouette_people == 100
    assert quality.calinski_harabasz is not None
    assert quality.calinski_harabasz > 1000


def test_one_cluster_has_no_separation() -> None:
    X = np.zeros((9, 6))
    quality = cluster_quality(RiskEnsemble().fit(X), X)
    assert quality.silhouette is None
    assert quality.calinski_harabasz is None


def test_the_silhouette_of_many_people_is_sampled_and_says_so(
    scaled: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["aura_engine.ensemble.quality"], "SILHOUETTE_SAMPLE", 200)
    X = scaled(600, 0)
    quality = cluster_quality(RiskEnsemble().fit(X), X)
    assert quality.silhouette_people == 200
    assert quality.silhouette is not None
