"""Three votes, a level, a severity and their explanation; fit, assess, save, load."""

from __future__ import annotations

from aura_engine.ensemble.assessment import RiskAssessment
from aura_engine.ensemble.ensemble import RiskEnsemble
from aura_engine.ensemble.errors import EnsembleNotFitted, MatrixError, ParameterError
from aura_engine.ensemble.explain import Explanation, explain
from aura_engine.ensemble.quality import ClusterQuality, cluster_quality
from aura_engine.ensemble.reasons import Reason, why_changed

__all__ = [
    "ClusterQuality",
    "EnsembleNotFitted",
    "Explanation",
    "MatrixError",
    "ParameterError",
    "Reason",
    "RiskAssessment",
    "RiskEnsemble",
    "cluster_quality",
    "explain",
    "why_changed",
]
