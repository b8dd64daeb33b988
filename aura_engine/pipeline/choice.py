"""Which model scores a run: the active version, or a new one and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any, Final

import pandas as pd
from sqlalchemy import Engine

from aura_engine.errors import ArtefactError
from aura_engine.logs import get_logger
from aura_engine.pipeline.scoring import ScoringModel, has_texts
from aura_engine.store.model_versions import StoredModel, save_model

log = get_logger(__name__)

LIBRARIES: Final = ("numpy", "scipy", "scikit-learn", "pandas")


REFIT_TOLERANCE: Final = timedelta(hours=12)
"""A nightly run a little early on the day is on that day."""
DEFAULT_PARAMETERS: Final = {"n_clusters": 4, "contamination": 0.1}


@dataclass(frozen=True)
class FormerModel:
    """The version that a new one replaces.

    Parameters
    ----------
    model : ScoringModel or None
        None when its artefact cannot be read any more.
    text_revision : str or None
        Revision of the language model that it was fitted with.
    """

    model: ScoringModel | None
    text_revision: str | None


@dataclass(frozen=True)
class ChosenModel:
    """The model of a run, and the one that scored before it when that is another.

    Parameters
    ----------
    id : int
        Of the ``model_version``.
    model : ScoringModel
        Scores this run.
    former : FormerModel or None
        The version that this run replaces with a new one, if it does.
    fitted_because : str or None
        Why a new version was fitted; None where the active one goes on.
    """

    id: int
    model: ScoringModel
    former: FormerModel | None
    fitted_because: str | None


def definitions(
    stored: StoredModel | None,
    *,
    n_clusters: int | None,
    contamination: float | None,
    window_days: int,
    timezone: str,
) -> dict[str, Any]:
    """Return what defines the figures of a run: what was asked for, else as the active version.

    Parameters
    ----------
    stored : StoredModel or None
        The active version.
    n_clusters : int or None
        As asked for.
    contamination : float or None
        As asked for.
    window_days : int
        Days of KPIs 3 and 5.
    timezone : str
        IANA name of the population's zone.
    """
    held = stored.parameters if stored else DEFAULT_PARAMETERS
    return {
        "n_clusters": n_clusters or held["n_clusters"],
        "contamination": contamination or held["contamination"],
        "window_days": window_days,
        "timezone": timezone,
    }


def choose_model(
    engine: Engine,
    stored: StoredModel | None,
    activity: pd.DataFrame,
    *,
    as_of: datetime,
    parameters: dict[str, Any],
    text_revision: str | None,
    refit_days: int,
    refit: bool,
) -> ChosenModel:
    """Return the active version, or fit and save a new one where design asks for it.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    stored : StoredModel or None
        The active version.
    activity : DataFrame
        What the population did, with text columns where texts were scored.
    as_of : datetime
        Moment of the run.
    parameters : dict
        As of `definitions`.
    text_revision : str or None
        Revision behind the text columns; None where no text was ever scored.
    refit_days : int
        Age at which a version is replaced.
    refit : bool
        Whether someone asked for a new version.
    """
    active = _restore(stored)
    reason = _reason_to_fit(
        stored,
        active,
        as_of=as_of,
        parameters=parameters,
        text_revision=text_revision,
        has_scores=has_texts(activity),
        refit_days=refit_days,
        refit=refit,
    )
    if reason is None and stored is not None and active is not None:
        return ChosenModel(stored.id, active, None, None)
    model = ScoringModel.fit(
        activity,
        as_of=as_of,
        n_clusters=parameters["n_clusters"],
        contamination=parameters["contamination"],
    )
    model_id = save_fitted(
        engine,
        model,
        fitted_at=as_of,
        parameters=parameters,
        text_revision=text_revision,
        reason=reason,
    )
    former = FormerModel(active, stored.text_revision) if stored else None
    return ChosenModel(model_id, model, former, reason)


def save_fitted(
    engine: Engine,
    model: ScoringModel,
    *,
    fitted_at: datetime,
    parameters: dict[str, Any],
    text_revision: str | None,
    reason: str | None,
) -> int:
    """Save a model that was just fitted, not active yet, and return its id.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    model : ScoringModel
        The model.
    fitted_at, parameters, text_revision
        As of `aura_engine.store.model_versions.save_model`.
    reason : str or None
        Why it was fitted; for the log.
    """
    model_id = save_model(
        engine,
        fitted_at=fitted_at,
        parameters=parameters,
        text_revision=text_revision,
        libraries={name: version(name) for name in LIBRARIES},
        n_fitted=model.n_fitted,
        summary=model.summary(),
        artefact=model.to_bytes(),
    )
    log.info("model_fitted", model_version=model_id, reason=reason, n_fitted=model.n_fitted)
    return model_id


def _restore(stored: StoredModel | None) -> ScoringModel | None:
    if stored is None:
        return None
    try:
        return ScoringModel.from_bytes(stored.artefact)
    except ArtefactError as error:
        log.warning("model_not_restored", model_version=stored.id, reason=str(error))
        return None


def _reason_to_fit(
    stored: StoredModel | None,
    restored: ScoringModel | None,
    *,
    as_of: datetime,
    parameters: dict[str, Any],
    text_revision: str | None,
    has_scores: bool,
    refit_days: int,
    refit: bool,
) -> str | None:
    if stored is None:
        return "first"
    if restored is None:
        return "unreadable"
    if refit:
        return "requested"
    if stored.parameters != parameters:
        return "parameters"
    if stored.text_revision != text_revision:
        return "text_model"
    if has_scores and restored.negativity_prior is None:
        return "first_scores"
    if as_of - stored.fitted_at >= timedelta(days=refit_days) - REFIT_TOLERANCE:
        return "age"
    return None
