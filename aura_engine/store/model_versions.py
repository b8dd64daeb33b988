"""Model versions: what was fitted, and which one scores now."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from aura_engine.sql import load_queries

_QUERIES: Final = load_queries("store_models")


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model version as stored; the artefact is opaque here."""

    id: int
    fitted_at: datetime
    parameters: dict[str, Any]
    text_revision: str | None
    artefact: bytes = field(repr=False)


def save_model(
    engine: Engine,
    *,
    fitted_at: datetime,
    parameters: dict[str, Any],
    text_revision: str | None,
    libraries: dict[str, str],
    n_fitted: int,
    summary: dict[str, Any],
    artefact: bytes,
) -> int:
    """Save a fitted model, not active yet, and return its id.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    fitted_at : datetime
        Moment of the population it was fitted on.
    parameters : dict
        What defines its figures.
    text_revision : str or None
        Revision of the language model behind KPI 5.
    libraries : dict of str to str
        Versions by package.
    n_fitted : int
        People it was fitted on.
    summary : dict
        What people may want to know of it.
    artefact : bytes
        The model itself.
    """
    with engine.begin() as connection:
        return int(
            connection.execute(
                text(_QUERIES["insert_model"]),
                {
                    "fitted_at": fitted_at,
                    "parameters": json.dumps(parameters),
                    "text_revision": text_revision,
                    "libraries": json.dumps(libraries),
                    "n_fitted": n_fitted,
                    "summary": json.dumps(summary),
                    "artefact": artefact,
                },
            ).scalar_one()
        )


def text_revision_in_use(engine: Engine) -> str | None:
    """Return the language model's revision behind the active version; None if there is none."""
    with engine.connect() as connection:
        revision: str | None = connection.scalar(text(_QUERIES["text_revision_in_use"]))
        return revision


def active_model_id(connection: Connection) -> int | None:
    """Return the id of the version that scores now; None before the first run."""
    found: int | None = connection.scalar(text(_QUERIES["active_model_id"]))
    return found


def active_model(engine: Engine) -> StoredModel | None:
    """Return the version that scores now; None before the first run."""
    with engine.connect() as connection:
        row = connection.execute(text(_QUERIES["active_model"])).mappings().one_or_none()
    return None if row is None else StoredModel(**{**row, "artefact": bytes(row["artefact"])})


def stored_model(connection: Connection, model_id: int) -> StoredModel | None:
    """Return one version, active or not; None if there is none with this id."""
    row = connection.execute(text(_QUERIES["one_model"]), {"id": model_id}).mappings()
    found = row.one_or_none()
    return None if found is None else StoredModel(**{**found, "artefact": bytes(found["artefact"])})


def activate_model(connection: Connection, model_id: int, *, as_of: datetime) -> None:
    """Make a version the one that scores, in the caller's transaction.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    model_id : int
        The version.
    as_of : datetime
        Moment of the run.
    """
    connection.execute(text(_QUERIES["retire_models"]), {"id": model_id, "as_of": as_of})
    connection.execute(text(_QUERIES["activate_model"]), {"id": model_id, "as_of": as_of})


def discard_models(engine: Engine) -> None:
    """Delete versions that were never activated; only for whoever holds the run lock."""
    with engine.begin() as connection:
        connection.execute(text(_QUERIES["discard_models"]))
