"""Rows for tests of the store: people and generations made by hand."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

import pandas as pd
from sqlalchemy import Engine, text

from aura_engine.cluster import Lease, clone_database, drop_database, ensure_template
from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.store import runs
from aura_engine.store.connect import connect_store
from aura_engine.store.generation import flip, load_generation
from aura_engine.store.model_versions import save_model
from aura_engine.store.people import save_people
from tests.integration.store.conftest import TEMPLATE, build_template

AS_OF = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
WAITS = """
    SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND datname = current_database()
"""
"""How many transactions of this database wait for a lock."""
NO_MEMBERSHIPS = pd.DataFrame(columns=["user_id_raiz", "community_id", "category"])


@contextmanager
def shared_store(lease: Lease) -> Iterator[Engine]:
    """A migrated analytics database for several tests that leave it as they found it."""
    ensure_template(lease, TEMPLATE, build_template)
    name = f"t_{secrets.token_hex(8)}"
    clone_database(lease, TEMPLATE, name)
    engine = connect_store(lease.url(name))
    try:
        yield engine
    finally:
        engine.dispose()
        drop_database(lease, name)


def ids(n: int, start: int = 0) -> list[str]:
    return [str(uuid.UUID(int=start + i + 1)) for i in range(n)]


def people(users: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age_band": "16-17",
            "region": "Jalisco",
            "is_active": True,
            "account_created_at": pd.Timestamp(AS_OF) - pd.Timedelta(days=100),
            "last_activity_at": pd.Timestamp(AS_OF),
        },
        index=pd.Index(users, name="user_id_raiz"),
    )


def generation(users: list[str], *, model_id: int, level: str = RiskLevel.BAJO) -> pd.DataFrame:
    plain = dict.fromkeys(KPI_COLUMNS, 0.5) | {f"raw_{column}": 1.0 for column in KPI_COLUMNS}
    return pd.DataFrame(
        plain
        | {
            "extraction_date": pd.Timestamp(AS_OF),
            "cluster_label": str(level),
            "severity_index": 40.0,
            "vote_kmeans": False,
            "vote_dbscan": False,
            "vote_forest": False,
            "kmeans_cluster": 1,
            "pca_x": 0.1,
            "pca_y": -0.1,
            "evidence": 6,
            "is_sufficient": True,
            "had_messages": True,
            "had_texts": True,
            "had_evidence": True,
            "needs_attention": level == RiskLevel.ALTO,
            "high_changed_at": pd.Timestamp(AS_OF),
            "stopped_showing": False,
            "verdict_as_of": pd.Timestamp(AS_OF),
            "recorded_level": str(level),
            "recorded_severity": 40.0,
            "model_version_id": model_id,
        },
        index=pd.Index(users, name="user_id_raiz"),
    )


def a_model(store: Engine) -> int:
    return save_model(
        store,
        fitted_at=AS_OF,
        parameters={"n_clusters": 4},
        text_revision="r1",
        libraries={},
        n_fitted=10,
        summary={},
        artefact=b"x",
    )


def a_run(
    store: Engine, *, kind: str = "full", as_of: datetime = AS_OF
) -> AbstractContextManager[runs.RunRecorder]:
    return runs.recorded_run(store, kind=kind, as_of=as_of, parameters={}, requested_by="test")


def publish(store: Engine, users: list[str], *, level: str = RiskLevel.BAJO) -> int:
    """Save people, load a generation of them and flip; return the run's id."""
    save_people(store, people(users), NO_MEMBERSHIPS, as_of=AS_OF)
    return publish_rows(store, generation(users, model_id=a_model(store), level=level))


def publish_rows(
    store: Engine, rows: pd.DataFrame, *, kind: str = "full", as_of: datetime = AS_OF
) -> int:
    """Load a generation and flip; return the run's id."""
    with a_run(store, kind=kind, as_of=as_of) as run:
        load_generation(store, run.run_id, rows.reset_index())
        with run.flipping() as connection:
            flip(connection, run.run_id)
            finish(connection, run, int(rows["model_version_id"].iloc[0]))
        return run.run_id


def freeze_totals(store: Engine) -> None:
    """Give the run what a real one writes of its totals."""
    totals = {
        "risk_cluster_id": 1,
        "profiles": {},
        "averages": {},
        "risk_distribution": {"ALTO_RIESGO": 3, "RIESGO_MODERADO": 0, "BAJO_RIESGO": 0},
    }
    with store.begin() as connection:
        connection.execute(
            text("UPDATE pipeline_run SET results = CAST(:totals AS jsonb)"),
            {"totals": json.dumps(totals)},
        )


def history(rows: pd.DataFrame, *, as_of: datetime = AS_OF) -> pd.DataFrame:
    """A history row for each row of a generation, as of a first run."""
    columns = rows[["cluster_label", "severity_index", "model_version_id"]]
    before = {"previous_label": None, "previous_severity": None}
    return columns.assign(as_of=as_of, reason="first", **before).reset_index()


def finish(connection, run: runs.RunRecorder, model_id: int, **outcome: object) -> None:
    defaults: dict[str, object] = {
        "results": "{}",
        "model_version_id": model_id,
        "text_model": None,
        "text_revision": None,
        "texts_read_through": None,
    }
    run.finish(connection, **(defaults | outcome))


def scalar(store: Engine, query: str, **parameters: object) -> object:
    with store.connect() as connection:
        return connection.scalar(text(query), parameters)
