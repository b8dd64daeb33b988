"""Raw KPIs and the six-column feature matrix; missing stays missing until it is imputed."""

from __future__ import annotations

from aura_engine.features.errors import FeatureError
from aura_engine.features.evidence import evidence, fitting_population, is_sufficient
from aura_engine.features.kpis import compute_kpis
from aura_engine.features.scaling import FeatureScaler
from aura_engine.features.shrinkage import Prior, fit_mean_prior, fit_rate_prior, shrink

__all__ = [
    "FeatureError",
    "FeatureScaler",
    "Prior",
    "compute_kpis",
    "evidence",
    "fit_mean_prior",
    "fit_rate_prior",
    "fitting_population",
    "is_sufficient",
    "shrink",
]
