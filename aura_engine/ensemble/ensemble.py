"""The estimator: three detectors, one level, one severity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from aura_engine.domain import KPI_WEIGHTS
from aura_engine.ensemble.artefact import pack, read_file, unpack, write_file
from aura_engine.ensemble.assessment import RiskAssessment, level_of
from aura_engine.ensemble.density import DensityVote
from aura_engine.ensemble.errors import EnsembleNotFitted, MatrixError
from aura_engine.ensemble.explain import Explanation, explain
from aura_engine.ensemble.forest import ForestVote
from aura_engine.ensemble.kmeans import ClusterVote
from aura_engine.ensemble.one_sided import DetectorInput
from aura_engine.ensemble.projection import Projection
from aura_engine.ensemble.severity import SeverityScale
from aura_engine.ensemble.validation import N_FEATURES, check_matrix, check_parameters
from aura_engine.i18n import t
from aura_engine.logs import get_logger

log = get_logger(__name__)


class RiskEnsemble(BaseEstimator):  # type: ignore[misc]
    """Rank people by how unusual, on the side of risk, their behaviour is.

    Parameters
    ----------
    n_clusters : int, 2-10
        Clusters of K-Means (fewer where there are fewer distinct people).
    contamination : float in (0, 0.5]
        Share of the fitted people that the isolation forest calls anomalies.
    eps : float > 0 or None
        DBSCAN's radius; None takes the knee of the k-distances.
    min_samples : int >= 1
        DBSCAN's density, the person included.
    one_sided : bool
        Whether the detectors see only how far a KPI exceeds the usual in the risk direction.
    weights : sequence of 6 floats >= 0 or None
        Weight of each column of the detectors' input; None weighs all by 1.
    random_state : int
        Seed of K-Means, the forest and the k-distance sample.

    Attributes
    ----------
    medians_ : ndarray of shape (6,)
        Population medians of the scaled KPIs.
    no_contrast_ : ndarray of shape (6,), bool
        Columns that tell nobody apart in this version ("sin contraste").
    cluster_centers_ : ndarray of shape (k, 6)
        In the detectors' input.
    risk_cluster_ : int
    eps_ : float or None
        None where the population gives no radius; then nobody is noise.
    n_samples_fit_, n_features_in_ : int
    input_, cluster_vote_, density_vote_, forest_vote_, scale_, projection_
        The frozen parts.

    Notes
    -----
    X is always the scaled matrix of shape (n, 6) in the order of ``KPI_COLUMNS``; a DataFrame must
    have exactly these columns. A fit runs on one thread: the same input and seed give the same
    bits on one machine and library set. ``assess`` never refits, and a person's result does not
    depend on who else is in the batch.

    Degenerate populations have defined answers. One person, or all alike: one cluster that casts
    no vote, no radius, no anomaly, ASI 0. Fewer distinct people than ``n_clusters``: as many
    clusters as distinct people. Fewer people than ``min_samples``: without an explicit ``eps``
    nobody is noise, with one everybody is. Nobody, NaN and infinities are errors.
    """

    input_: DetectorInput
    cluster_vote_: ClusterVote
    density_vote_: DensityVote
    forest_vote_: ForestVote
    scale_: SeverityScale
    projection_: Projection
    n_samples_fit_: int

    def __init__(
        self,
        n_clusters: int = 4,
        contamination: float = 0.1,
        eps: float | None = None,
        min_samples: int = 12,
        one_sided: bool = True,
        weights: Sequence[float] | None = KPI_WEIGHTS,
        random_state: int = 42,
    ) -> None:
        self.n_clusters = n_clusters
        self.contamination = contamination
        self.eps = eps
        self.min_samples = min_samples
        self.one_sided = one_sided
        self.weights = weights
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:  # noqa: ARG002
        """Fit all three detectors and freeze every population statistic.

        Parameters
        ----------
        X : array-like of shape (n, 6)
            Scaled KPIs of the people with enough evidence.
        y : ignored

        Raises
        ------
        ParameterError
            If a parameter is out of its range.
        MatrixError
            If X has another shape or column order, is empty, or holds NaN or infinities.
        """
        check_parameters(self.get_params(deep=False))
        matrix = check_matrix(X)
        if len(matrix) == 0:
            raise MatrixError(t("ensemble.nobody"))
        with threadpool_limits(limits=1):
            self._fit(matrix)
        self.n_samples_fit_ = len(matrix)
        log.info(
            "ensemble_fitted",
            people=len(matrix),
            clusters=len(self.cluster_centers_),
            risk_cluster_votes=self.cluster_vote_.casts_votes,
            eps=self.eps_,
            core_points=len(self.density_vote_.core_points),
            columns_without_contrast=int(self.no_contrast_.sum()),
        )
        return self

    def _fit(self, X: NDArray[np.float64]) -> None:
        seed = int(self.random_state)
        seen = DetectorInput.fit(X, one_sided=self.one_sided, weights=self.weights)
        Z = seen.transform(X)
        clusters = ClusterVote.fit(
            Z, seen.direction, n_clusters=int(self.n_clusters), random_state=seed
        )
        density = DensityVote.fit(
            Z, eps=self.eps, min_samples=int(self.min_samples), random_state=seed
        )
        forest, scores = ForestVote.fit_score(
            Z, contamination=float(self.contamination), random_state=seed
        )
        scale = SeverityScale.fit(scores, clusters.distance_to_safety(Z))
        projection = Projection.fit(X)
        self.input_, self.cluster_vote_, self.density_vote_ = seen, clusters, density
        self.forest_vote_, self.scale_, self.projection_ = forest, scale, projection

    def assess(self, X: ArrayLike) -> RiskAssessment:
        """Judge people, whether the model was fitted on them or not.

        Parameters
        ----------
        X : array-like of shape (n, 6)
            Scaled by the scaler of the same version.

        Raises
        ------
        EnsembleNotFitted
        MatrixError
            If X has another shape or column order, or holds NaN or infinities.
        """
        self._check_fitted()
        matrix = check_matrix(X)
        Z = self.input_.transform(matrix)
        cluster, distance = self.cluster_vote_.assign_and_measure(Z)
        noise = self.density_vote_.votes(Z)
        scores = self.forest_vote_.scores(Z)
        votes = np.column_stack(
            [self.cluster_vote_.votes(cluster), noise, self.forest_vote_.votes(scores)]
        )
        return RiskAssessment(
            votes=votes,
            level=level_of(votes),
            severity=self.scale_.severity(scores, noise, distance),
            pca=self.projection_.transform(matrix),
            kmeans_cluster=cluster,
        )

    def explain(self, X: ArrayLike, subset: ArrayLike | None = None) -> Explanation:
        """Say what each KPI contributes; see :func:`aura_engine.ensemble.explain`."""
        return explain(self, X, subset)

    def detector_input(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return what the detectors see of X, shape (n, 6)."""
        self._check_fitted()
        return self.input_.transform(check_matrix(X))

    def to_bytes(self) -> bytes:
        """Return the fitted model as one artefact: arrays and JSON, no pickle."""
        self._check_fitted()
        return pack(self)

    @classmethod
    def from_bytes(cls, artefact: bytes) -> Self:
        """Restore a fitted model.

        Raises
        ------
        ArtefactError
            If the artefact is damaged, of another format version or feature order, or does not
            reproduce its own results with the installed libraries.
        """
        return unpack(cls, artefact)

    def save(self, path: str | Path) -> None:
        """Write the artefact to ``path``, replacing it as a whole or not at all."""
        write_file(Path(path), self.to_bytes())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Restore what :meth:`save` wrote; raises as :meth:`from_bytes`."""
        return cls.from_bytes(read_file(Path(path)))

    @property
    def medians_(self) -> NDArray[np.float64]:
        """Population medians of the scaled KPIs, shape (6,)."""
        return self.input_.medians

    @property
    def no_contrast_(self) -> NDArray[np.bool_]:
        """Columns that tell nobody apart in this version, shape (6,)."""
        return self.input_.no_contrast

    @property
    def cluster_centers_(self) -> NDArray[np.float64]:
        """Centres of the clusters in the detectors' input, shape (k, 6)."""
        return self.cluster_vote_.centers

    @property
    def risk_cluster_(self) -> int:
        """Index of the cluster that leans most towards risk."""
        return self.cluster_vote_.risk_cluster

    @property
    def eps_(self) -> float | None:
        """DBSCAN's radius in the detectors' input."""
        return self.density_vote_.eps

    @property
    def n_features_in_(self) -> int:
        """Number of columns of X."""
        return N_FEATURES

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise EnsembleNotFitted(t("ensemble.not_fitted"))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_samples_fit_")
