"""People in view, with the totals of a run, for benches of what reads them."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Engine, text

from aura_engine.domain import KPI_COLUMNS
from aura_engine.features import Prior
from aura_engine.pipeline.results import with_totals
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.store.model_versions import activate_model, save_model
from aura_engine.store.people import save_people
from benchmarks.load import AS_OF, NO_MEMBERSHIPS, generation, load_and_flip

_FITTED: Final = 2_000
"""People that the model is fitted for; it scores nobody here."""


def publish(store: Engine, people: int) -> pd.DataFrame:
    """Show so many people and return their rows.

    Parameters
    ----------
    store : Engine
        A migrated analytics database.
    people : int
        How many.
    """
    model_id = _fitted(store, generation(min(people, _FITTED), model_id=0))
    rows = generation(people, model_id=model_id)
    known = pd.DataFrame(
        {
            "age_band": "16-17",
            "region": "Jalisco",
            "is_active": True,
            "account_created_at": pd.Timestamp(AS_OF),
            "last_activity_at": pd.Timestamp(AS_OF),
        },
        index=pd.Index(rows["user_id_raiz"], name="user_id_raiz"),
    )
    save_people(store, known, NO_MEMBERSHIPS, as_of=AS_OF)
    run_id, _ = load_and_flip(store, rows, model_id)
    with store.begin() as connection:
        activate_model(connection, model_id, as_of=AS_OF)
        connection.execute(
            text("UPDATE pipeline_run SET results = CAST(:results AS jsonb) WHERE id = :id"),
            {"results": json.dumps(_results(rows)), "id": run_id},
        )
    return rows


def _fitted(store: Engine, some: pd.DataFrame) -> int:
    """Save a model that some of the people were fitted for, and return its version."""
    raw = some[[f"raw_{column}" for column in KPI_COLUMNS]].set_axis(list(KPI_COLUMNS), axis=1)
    model = ScoringModel.fit_kpis(
        raw,
        night_prior=Prior(0.1, 5.0),
        negativity_prior=Prior(0.3, 5.0),
        n_clusters=4,
        contamination=0.1,
    )
    return save_model(
        store,
        fitted_at=AS_OF,
        parameters={"n_clusters": 4, "contamination": 0.1},
        text_revision=None,
        libraries={},
        n_fitted=len(some),
        summary=model.summary(),
        artefact=model.to_bytes(),
    )


def _results(rows: pd.DataFrame) -> dict[str, Any]:
    columns = list(KPI_COLUMNS)
    found = {
        "metrics": {"silhouette_score": 0.4, "silhouette_people": 1, "calinski_harabasz": 900.0},
        "risk_cluster_id": 0,
        "profiles": {
            f"cluster_{number}": {
                **{column: float(np.mean(members[column])) for column in columns},
                "count": len(members),
                "is_risk_cluster": number == 0,
            }
            for number, members in rows.groupby("kmeans_cluster")
        },
        "averages": {column: float(rows[f"raw_{column}"].mean()) for column in columns},
        "without_contrast": [],
    }
    return with_totals(found, rows)
