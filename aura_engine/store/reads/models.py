"""What readers may know of the model that scores now, and of those before it."""

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


@dataclass(frozen=True, slots=True)
class ModelHistory:
    """A model version that scores or once did, and where it came from.

    Parameters
    ----------
    id, fitted_at, parameters, text_revision, n_fitted, summary
        As of `ModelInView`.
    activated_at : datetime
        Since when it scored.
    retired_at : datetime or None
        Until when; None of the one that scores now.
    libraries : dict of str to str
        Versions by package, under which it was fitted.
    runs : int
        Runs of everyone that it gave the verdicts of.
    first_run, last_run : int or None
        Their first, which brought it, and their last.
    requested_by : str or None
        Who asked for the run that brought it.
    first_kind : str or None
        Of that run.
    fitted_because : str or None
        Why it was fitted: first, unreadable, requested, parameters, text_model, first_scores or
        age.
    """

    id: int
    fitted_at: datetime
    activated_at: datetime
    retired_at: datetime | None
    parameters: dict[str, Any]
    text_revision: str | None
    libraries: dict[str, str]
    n_fitted: int
    summary: dict[str, Any]
    runs: int
    first_run: int | None
    last_run: int | None
    requested_by: str | None
    first_kind: str | None
    fitted_because: str | None


def model_versions(
    connection: Connection, viewer: Viewer, *, limit: int = 50
) -> list[ModelHistory]:
    """Return the versions that ever scored, the newest first.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    limit : int
        Most versions to return.
    """
    viewer.require_aggregates()
    rows = connection.execute(scoped("store_models", "model_versions"), {"limit": limit})
    return [ModelHistory(**{**row, "runs": row["runs"] or 0}) for row in rows.mappings()]
