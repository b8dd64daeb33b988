"""``./aura bench load``: a generation by COPY and flip beside ``to_sql``, and what readers see."""

from __future__ import annotations

import argparse
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy import Engine, text

from aura_engine.domain import KPI_COLUMNS, LEVEL_BY_VOTES
from aura_engine.store.generation import flip, load_generation
from aura_engine.store.model_versions import save_model
from aura_engine.store.people import save_people
from aura_engine.store.runs import recorded_run
from aura_engine.store.samples import stage_samples
from benchmarks.measuring import print_figures
from benchmarks.site import connected, temporary_site

AS_OF: Final = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ISOLATION: Final = ("READ COMMITTED", "REPEATABLE READ")
NO_MEMBERSHIPS: Final = pd.DataFrame(
    columns=["user_id_raiz", "community_id", "category"], dtype="str"
)
ROWS_A_STATEMENT: Final = 1_000
"""Of `to_sql`: a statement holds at most 65,535 values."""


def generation(people: int, *, model_id: int) -> pd.DataFrame:
    """Return rows of ``feature`` as a run makes them, without ``id`` and ``run_id``.

    Parameters
    ----------
    people : int
        Rows.
    model_id : int
        Of the ``model_version`` behind them.
    """
    rng = np.random.default_rng(0)
    scaled = pd.DataFrame(rng.random((people, 6)), columns=list(KPI_COLUMNS))
    votes = rng.random((people, 3)) < 0.1
    levels = np.array([str(level) for level in LEVEL_BY_VOTES])[votes.sum(axis=1)]
    raw = {f"raw_{column}": scaled[column].where(scaled[column] > 0.05) for column in KPI_COLUMNS}
    severity = rng.uniform(0, 100, people)
    moment = pd.Timestamp(AS_OF)
    return scaled.assign(
        **raw,
        user_id_raiz=[str(uuid.UUID(int=number + 1)) for number in range(people)],
        extraction_date=moment,
        cluster_label=levels,
        severity_index=severity,
        vote_kmeans=votes[:, 0],
        vote_dbscan=votes[:, 1],
        vote_forest=votes[:, 2],
        kmeans_cluster=rng.integers(0, 4, people),
        pca_x=rng.normal(size=people),
        pca_y=rng.normal(size=people),
        evidence=rng.integers(3, 7, people),
        is_sufficient=True,
        had_messages=True,
        had_texts=True,
        had_evidence=True,
        stopped_showing=False,
        needs_attention=False,
        high_changed_at=moment,
        verdict_as_of=moment,
        recorded_level=levels,
        recorded_severity=severity,
        model_version_id=model_id,
    )


def load_and_flip(store: Engine, rows: pd.DataFrame, model_id: int) -> tuple[int, float]:
    """Load a generation as a run does and show it; return its run and the seconds it took.

    Parameters
    ----------
    store : Engine
        The analytics database.
    rows : DataFrame
        Of `generation`.
    model_id : int
        Of the ``model_version`` behind them.
    """
    with recorded_run(
        store, kind="full", as_of=AS_OF, parameters={}, requested_by="bench"
    ) as recorder:
        started = time.perf_counter()
        load_generation(store, recorder.run_id, rows)
        with recorder.flipping() as connection:
            flip(connection, recorder.run_id)
            recorder.finish(
                connection,
                results="{}",
                model_version_id=model_id,
                text_model=None,
                text_revision=None,
                texts_read_through=None,
            )
        return recorder.run_id, time.perf_counter() - started


def by_to_sql(store: Engine, rows: pd.DataFrame) -> float:
    """Load the same rows into an equal table by pandas' multi-row inserts; return the seconds."""
    with store.begin() as connection:
        connection.execute(text("CREATE TABLE by_to_sql (LIKE feature INCLUDING ALL)"))
    started = time.perf_counter()
    rows.assign(run_id=1).to_sql(
        "by_to_sql",
        store,
        if_exists="append",
        index=False,
        method="multi",
        chunksize=ROWS_A_STATEMENT,
    )
    with store.begin() as connection:
        connection.execute(text("ANALYZE by_to_sql"))
    seconds = time.perf_counter() - started
    with store.connect() as connection:
        loaded = connection.scalar(text("SELECT count(*) FROM by_to_sql"))
    if loaded != len(rows):
        raise RuntimeError(f"to_sql loaded {loaded} of {len(rows)} rows")
    return seconds


def sampled(store: Engine, run_id: int, rows: pd.DataFrame) -> float:
    """Keep the raw KPIs of a generation as a run of each week does; return the seconds.

    Parameters
    ----------
    store : Engine
        The analytics database.
    run_id : int
        The run of the generation.
    rows : DataFrame
        Of `generation`.
    """
    started = time.perf_counter()
    stage_samples(store, run_id, rows.set_index("user_id_raiz"), staged=lambda: None)
    return time.perf_counter() - started


@dataclass
class Reader:
    """Counts the people in view again and again, under one isolation level.

    Attributes
    ----------
    seen : Counter of int
        How often each count was seen.
    """

    store: Engine
    isolation: str
    stopped: threading.Event
    seen: Counter[tuple[int, int]] = field(default_factory=Counter)

    def watch(self) -> None:
        """Read until told to stop: in a transaction, count the people twice."""
        count = text("SELECT count(*) FROM user_feature_vector")
        with self.store.connect() as connection:
            connection = connection.execution_options(isolation_level=self.isolation)
            while not self.stopped.is_set():
                with connection.begin():
                    first, second = (int(connection.scalar(count) or 0) for _ in range(2))
                self.seen[first, second] += 1


def main() -> None:
    """Measure, check what the readers saw, print a table and the figures."""
    parser = argparse.ArgumentParser(prog="./aura bench load", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="people of the generation")
    options = parser.parse_args()
    with (
        temporary_site() as (_directory, site, lease),
        connected(site.urls(lease).analytics) as store,
    ):
        model_id = save_model(
            store, fitted_at=AS_OF, parameters={}, text_revision=None, libraries={},
            n_fitted=options.rows, summary={}, artefact=b"",
        )  # fmt: skip
        rows = generation(options.rows, model_id=model_id)
        more = generation(options.rows + 1, model_id=model_id)
        people = pd.DataFrame(
            {
                "age_band": "16-17",
                "region": None,
                "is_active": True,
                "account_created_at": pd.Timestamp(AS_OF),
                "last_activity_at": pd.Timestamp(AS_OF),
            },
            index=pd.Index(more["user_id_raiz"], name="user_id_raiz"),
        )
        save_people(store, people, NO_MEMBERSHIPS, as_of=AS_OF)
        slow = by_to_sql(store, rows)
        run_id, quick = load_and_flip(store, rows, model_id)
        weekly = sampled(store, run_id, rows)
        reads = _watched(store, more, model_id, {len(rows), len(more)})
    print(f"{'':34}{'seconds':>10}{'rows/s':>12}")
    for name, seconds in (
        ("to_sql(method='multi')", slow),
        ("COPY, index, attach, flip", quick),
        ("once a week, a sample of raw KPIs", weekly),
    ):
        print(f"{name:34}{seconds:10.2f}{options.rows / seconds:12,.0f}")
    for isolation, transactions in reads.items():
        print(f"{transactions:,} transactions of readers under {isolation}: whole populations only")
    print_figures({"speedup_vs_to_sql": slow / quick, "sample_vs_load": weekly / quick})


def _watched(store: Engine, rows: pd.DataFrame, model_id: int, whole: set[int]) -> dict[str, int]:
    """Load and flip while four readers watch; return how often they looked, by isolation."""
    stopped = threading.Event()
    readers = [Reader(store, isolation, stopped) for isolation in ISOLATION * 2]
    threads = [threading.Thread(target=reader.watch) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        load_and_flip(store, rows, model_id)
        time.sleep(0.2)  # the new generation is looked at too
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    for reader in readers:
        counts = {count for pair in reader.seen for count in pair}
        steady = reader.isolation == "READ COMMITTED" or all(a == b for a, b in reader.seen)
        if not counts <= whole or not steady or len(counts) < len(whole):
            raise RuntimeError(f"a reader under {reader.isolation} saw {dict(reader.seen)}")
    return {
        isolation: sum(r.seen.total() for r in readers if r.isolation == isolation)
        for isolation in ISOLATION
    }


if __name__ == "__main__":
    main()
