"""A small population with real verdicts, for tests that read it through the bridge."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Engine, text

from aura_engine.domain import KPI_COLUMNS
from aura_engine.pipeline.results import run_results
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.store.generation import flip, load_generation
from aura_engine.store.installation import ensure_installation
from aura_engine.store.model_versions import activate_model, save_model
from aura_engine.store.people import save_people
from aura_engine.store.services import report
from tests.integration.store.rows import (
    NO_MEMBERSHIPS,
    a_run,
    finish,
    generation,
    ids,
    people,
)

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
RUNS = (NOW - timedelta(hours=33), NOW - timedelta(hours=3), NOW - timedelta(hours=1))
"""The newest run read no texts of anyone, as one without a language model."""
N = 160
AT_RISK = 14
SILENT = 4
"""People without a message, besides those at risk."""
WHO = ids(N)


def activity() -> pd.DataFrame:
    """Ordinary people, some of them silent, then those whose every KPI is worse."""
    draw = np.random.default_rng(3)
    risky = np.arange(N) >= N - AT_RISK
    messages = draw.integers(20, 120, N) * (np.arange(N) >= SILENT)
    days = np.where(risky, draw.uniform(20, 60, N), draw.exponential(1.5, N))
    texts = draw.integers(10, 60, N)
    negativity = np.where(risky, 0.7, 0.3) + draw.normal(0, 0.05, N)
    return pd.DataFrame(
        {
            "account_created_at": pd.Timestamp(NOW) - pd.Timedelta(days=200),
            "has_social_profile": True,
            "followers": draw.integers(5, 40, N).astype(float) * ~risky,
            "following": draw.integers(5, 40, N).astype(float),
            "last_activity_at": pd.Timestamp(NOW) - pd.to_timedelta(days, unit="D"),
            "messages": messages,
            "night_messages": draw.binomial(messages, np.where(risky, 0.5, 0.04)),
            "bio_blank": risky,
            "has_complete_profile": ~risky,
            "community_categories": np.where(risky, 0, draw.integers(1, 6, N)),
            "is_active": True,
            "texts": texts,
            "negativity_sum": negativity * texts,
            "negativity_sumsq": (negativity**2 + 0.02) * texts,
        },
        index=pd.Index(WHO, name="user_id_raiz"),
    )


def populate(store: Engine) -> None:
    """Three runs by one model; scheduler and sources up; marked as the demo's."""
    ensure_installation(store, "demo")
    seen = activity()
    model = ScoringModel.fit(seen, as_of=NOW, n_clusters=4, contamination=0.1)
    model_id = save_model(
        store,
        fitted_at=NOW,
        parameters={"n_clusters": 4},
        text_revision="r1",
        libraries={},
        n_fitted=model.n_fitted,
        summary=model.summary(),
        artefact=model.to_bytes(),
    )
    save_people(store, people(WHO), NO_MEMBERSHIPS, as_of=NOW)
    raw = model.kpis(seen, as_of=NOW)
    for as_of in RUNS:
        if as_of == RUNS[-1]:
            raw = raw.assign(sentiment_negativity_index=np.nan)
        publish(store, model, model_id, raw, as_of=as_of)
    all_well(store)


def publish(
    store: Engine, model: ScoringModel, model_id: int, raw: pd.DataFrame, *, as_of: datetime
) -> None:
    """Load and flip what the model says of raw KPIs."""
    scored = model.score(raw)
    rows = generation(WHO, model_id=model_id).assign(
        **{column: scored[column] for column in scored.columns},
        extraction_date=pd.Timestamp(as_of),
        verdict_as_of=pd.Timestamp(as_of),
    )
    with a_run(store, as_of=as_of) as run:
        load_generation(store, run.run_id, rows.reset_index())
        with run.flipping() as connection:
            activate_model(connection, model_id, as_of=as_of)
            flip(connection, run.run_id)
            results = json.dumps(run_results(rows, model))
            finish(connection, run, model_id, results=results, text_model="aura-es-mini")


def all_well(store: Engine) -> None:
    """Let scheduler and sources report that they work."""
    report(store, "scheduler", instance="test:1", details={"text_model": "aura-es-mini"})
    for source in ("aura_auth", "aura_messaging", "aura_social"):
        report(store, source, instance="test:1")


def stored(store: Engine, query: str, **parameters: object) -> list[dict[str, object]]:
    """Return rows as the store holds them, past every read function."""
    with store.connect() as connection:
        return [dict(row) for row in connection.execute(text(query), parameters).mappings()]


def kpi_averages(store: Engine, column: str) -> float | None:
    """Return the mean of one raw KPI over whoever showed it in the run in view."""
    assert column in KPI_COLUMNS
    found = stored(store, f"SELECT avg(raw_{column}) AS mean FROM user_feature_vector")  # noqa: S608
    return found[0]["mean"]  # type: ignore[return-value]
