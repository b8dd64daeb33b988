"""How well the K-Means clusters are separated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from sklearn import config_context
from sklearn.metrics import calinski_harabasz_score, silhouette_score
from threadpoolctl import threadpool_limits

from aura_engine.ensemble.ensemble import RiskEnsemble

SILHOUETTE_SAMPLE = 10_000
"""A silhouette compares everyone with everyone; more people than this are sampled."""
_WORKING_MEMORY = 32


@dataclass(frozen=True)
class ClusterQuality:
    """Separation of the K-Means clusters in the detectors' input, where they were made.

    On the plain scaled KPIs the same clusters would be blamed for the healthy side, which they
    never saw.

    Attributes
    ----------
    silhouette : float or None
        -1 to 1, higher = better separated; None with fewer than two clusters, or as many clusters
        as people, among those compared.
    silhouette_people : int
        How many people it was computed on: everyone up to 10,000, else a random 10,000.
    calinski_harabasz : float or None
        >= 0, higher = better separated; None in the same cases, but of everyone.
    """

    silhouette: float | None
    silhouette_people: int
    calinski_harabasz: float | None


def cluster_quality(model: RiskEnsemble, X: ArrayLike) -> ClusterQuality:
    """Measure the clusters of a fitted model on people, X of shape (n, 6) scaled KPIs.

    Raises
    ------
    EnsembleNotFitted
    MatrixError
        If X is not a matrix of scaled KPIs.
    """
    Z = model.detector_input(X)
    labels = model.cluster_vote_.assign(Z)
    rows = np.arange(len(Z))
    if len(Z) > SILHOUETTE_SAMPLE:
        random = np.random.default_rng(int(model.random_state))
        rows = np.sort(random.choice(len(Z), SILHOUETTE_SAMPLE, replace=False))
    silhouette = calinski = None
    # Of everyone with everyone, as many distances at a time as fit into so many MiB.
    with threadpool_limits(limits=1), config_context(working_memory=_WORKING_MEMORY):
        if 2 <= len(np.unique(labels[rows])) < len(rows):
            silhouette = float(silhouette_score(Z[rows], labels[rows]))
        if 2 <= len(np.unique(labels)) < len(Z):
            calinski = float(calinski_harabasz_score(Z, labels))
    return ClusterQuality(silhouette, len(rows), calinski)
