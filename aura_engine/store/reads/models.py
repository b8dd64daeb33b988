"""What readers may know of the model that scores now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from aura_engine.store.access import Viewer
from aura_engine.store.reads.scope import scoped


@dataclass(frozen=True, slots=True)
class ModelInView:
    """A model version without its artefact.

    Parameters
    ----------
    id : int
        Its number.
    fitted_at : datetime
        For which moment it was fitted.
    parameters : dict
        What defines its figures: n_clusters, contamination, window_days, timezone.
    text_revision : str or None
        Of the language model; None where it knows no texts ("sin NLP").
    n_fitted : int
        People it was fitted on.
    summary : dict
        Priors, eps, risk cluster, columns without contrast.
    """

    id: int
    fitted_at: datetime
    parameters: dict[str, Any]
    text_revision: str | None
    n_fitted: int
    summary: dict[str, Any]


def model_in_view(connection: Connection, viewer: Viewer) -> ModelInView | None:
    """Return the version that scores now; None before the first run."""
    viewer.require_aggregates()
    row = connection.execute(scoped("store_models", "model_in_view")).mappings().one_or_none()
    return None if row is None else ModelInView(**row)
