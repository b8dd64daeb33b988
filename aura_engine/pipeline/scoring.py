"""A scoring model: every population statistic frozen, from activity to verdict."""

from __future__ import annotations

import io
import json
import zlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Self
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from aura_engine.domain import KPI_COLUMNS, KPI_WEIGHTS
from aura_engine.ensemble import RiskEnsemble
from aura_engine.errors import ArtefactError, RunError
from aura_engine.features import (
    FeatureError,
    FeatureScaler,
    Prior,
    compute_kpis,
    evidence,
    fit_mean_prior,
    fit_rate_prior,
    fitting_population,
    is_sufficient,
)
from aura_engine.i18n import t

FORMAT: Final = 2
TEXT_COLUMNS: Final = ["texts", "negativity_sum", "negativity_sumsq"]
_DAMAGED: Final = (
    FeatureError, BadZipFile, zlib.error, EOFError, KeyError, OSError, TypeError, ValueError,
)  # fmt: skip
"""What NumPy, zip and JSON raise about bytes that are not what `to_bytes` gave."""


def has_texts(activity: pd.DataFrame) -> bool:
    """Tell whether anybody's texts were scored."""
    return "texts" in activity.columns and bool((activity["texts"] > 0).any())


@dataclass(frozen=True)
class ScoringModel:
    """One model version: priors, scaler and ensemble, all fitted on the same population.

    Parameters
    ----------
    night_prior : Prior
        The population's rate of night messages.
    negativity_prior : Prior or None
        The population's mean P(negative); None when no text was scored, and KPI 5 has weight 0.
    scaler : FeatureScaler
        Imputation medians and clip bounds.
    ensemble : RiskEnsemble
        The three detectors and the bounds of the ASI.
    n_fitted : int
        People with enough evidence, on whom scaler and ensemble were fitted.
    """

    night_prior: Prior
    negativity_prior: Prior | None
    scaler: FeatureScaler
    ensemble: RiskEnsemble
    n_fitted: int

    @classmethod
    def fit(
        cls, activity: pd.DataFrame, *, as_of: datetime, n_clusters: int, contamination: float
    ) -> Self:
        """Fit a model on everyone who shows enough.

        Parameters
        ----------
        activity : DataFrame
            What the sources gave, with the text columns where texts were scored.
        as_of : datetime
            Moment of the population.
        n_clusters, contamination
            As of `RiskEnsemble`.

        Raises
        ------
        RunError
            If fewer people show enough than there are clusters to find.
        """
        night_prior = fit_rate_prior(activity["night_messages"], activity["messages"])
        negativity_prior = None
        if has_texts(activity):
            negativity_prior = fit_mean_prior(
                activity["negativity_sum"], activity["negativity_sumsq"], activity["texts"]
            )
        raw = compute_kpis(
            activity, as_of=as_of, night_prior=night_prior, negativity_prior=negativity_prior
        )
        return cls.fit_kpis(
            raw,
            night_prior=night_prior,
            negativity_prior=negativity_prior,
            n_clusters=n_clusters,
            contamination=contamination,
        )

    @classmethod
    def fit_kpis(
        cls,
        raw: pd.DataFrame,
        *,
        night_prior: Prior,
        negativity_prior: Prior | None,
        n_clusters: int,
        contamination: float,
    ) -> Self:
        """Fit a model on KPIs that were computed under some priors.

        Parameters
        ----------
        raw : DataFrame, shape (n, 6)
            Raw KPIs.
        night_prior, negativity_prior
            Behind them; the model's.
        n_clusters, contamination
            As of `RiskEnsemble`.

        Raises
        ------
        RunError
            If fewer people show enough than there are clusters to find.
        """
        chosen, flat = fitting_population(raw)
        enough = raw[chosen]
        if len(enough) < n_clusters:
            raise RunError(
                t("pipeline.too_few_people", sufficient=len(enough), n_clusters=n_clusters)
            )
        weights = np.where(flat, 0.0, KPI_WEIGHTS)
        scaler = FeatureScaler().fit(enough)
        ensemble = RiskEnsemble(
            n_clusters=n_clusters, contamination=contamination, weights=tuple(weights)
        ).fit(scaler.transform(enough))
        return cls(night_prior, negativity_prior, scaler, ensemble, len(enough))

    def kpis(self, activity: pd.DataFrame, *, as_of: datetime) -> pd.DataFrame:
        """Return everyone's raw KPIs under this model's priors; NaN is missing."""
        return compute_kpis(
            activity,
            as_of=as_of,
            night_prior=self.night_prior,
            negativity_prior=self.negativity_prior,
        )

    def score(self, raw: pd.DataFrame) -> pd.DataFrame:
        """Score raw KPIs; nothing is fitted here.

        Parameters
        ----------
        raw : DataFrame, shape (n, 6)
            As of `kpis`.

        Returns
        -------
        DataFrame
            Index of `raw`; the scaled KPIs under their own names, the raw ones under
            ``raw_`` names, cluster_label, severity_index (0-100), the three votes,
            kmeans_cluster, pca_x, pca_y, evidence (0-6) and is_sufficient.
        """
        scaled = self.scaler.transform(raw)
        verdict = self.ensemble.assess(scaled)
        observed = evidence(raw, self.ensemble.no_contrast_)
        scored = pd.DataFrame(scaled, index=raw.index, columns=list(KPI_COLUMNS))
        return scored.assign(
            cluster_label=verdict.level,
            severity_index=verdict.severity,
            vote_kmeans=verdict.votes[:, 0],
            vote_dbscan=verdict.votes[:, 1],
            vote_forest=verdict.votes[:, 2],
            kmeans_cluster=verdict.kmeans_cluster,
            pca_x=verdict.pca[:, 0],
            pca_y=verdict.pca[:, 1],
            evidence=observed,
            is_sufficient=is_sufficient(raw, observed, self.ensemble.no_contrast_),
            **{f"raw_{column}": raw[column] for column in KPI_COLUMNS},
        )

    def summary(self) -> dict[str, Any]:
        """Return what people may want to know of the model without restoring it."""
        return {
            "night_prior": asdict(self.night_prior),
            "negativity_prior": self.negativity_prior and asdict(self.negativity_prior),
            "eps": self.ensemble.eps_,
            "risk_cluster": int(self.ensemble.risk_cluster_),
            "without_contrast": [
                column
                for column, flat in zip(KPI_COLUMNS, self.ensemble.no_contrast_, strict=True)
                if flat
            ],
        }

    def to_bytes(self) -> bytes:
        """Return the model as an ``npz`` archive of arrays and JSON, without pickle."""
        header = {
            "format": FORMAT,
            "kpi_columns": KPI_COLUMNS,
            "n_fitted": self.n_fitted,
            "night_prior": asdict(self.night_prior),
            "negativity_prior": self.negativity_prior and asdict(self.negativity_prior),
        }
        arrays: dict[str, Any] = self.scaler.to_arrays() | {
            "header": np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
            "ensemble": np.frombuffer(self.ensemble.to_bytes(), dtype=np.uint8),
        }
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, artefact: bytes) -> Self:
        """Restore a model from what `to_bytes` gave.

        Raises
        ------
        ArtefactError
            If it is damaged, of another format, or its KPIs are others or in another order.
        """
        try:
            return cls._restore(artefact)
        except _DAMAGED as error:
            raise ArtefactError(t("pipeline.damaged_artefact")) from error

    @classmethod
    def _restore(cls, artefact: bytes) -> Self:
        with np.load(io.BytesIO(artefact), allow_pickle=False) as archive:
            arrays = dict(archive)
        header = json.loads(arrays.pop("header").tobytes())
        if header["format"] != FORMAT or tuple(header["kpi_columns"]) != KPI_COLUMNS:
            raise ArtefactError(t("pipeline.other_artefact"))
        negativity = header["negativity_prior"]
        return cls(
            night_prior=Prior(**header["night_prior"]),
            negativity_prior=negativity and Prior(**negativity),
            ensemble=RiskEnsemble.from_bytes(arrays.pop("ensemble").tobytes()),
            scaler=FeatureScaler.from_arrays(arrays),
            n_fitted=header["n_fitted"],
        )
