"""A world whose changes are logged by the real triggers, and what its store should hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import text

from aura_engine.copying import read_table
from aura_engine.domain import KPI_COLUMNS
from aura_engine.nlp import text_hmac
from aura_engine.pipeline.incremental import BatchOutcome, IncrementalRuns
from aura_engine.pipeline.scoring import TEXT_COLUMNS
from aura_engine.pipeline.sweep import active_version
from aura_engine.sources import Source, TextSource, extract_activity, read_texts
from aura_engine.sources.changes import Position, Rows, read_log
from aura_engine.sources.feed import Taken
from aura_engine.sources.triggers import install_triggers
from aura_engine.sql import load_queries
from aura_engine.store.change_cursors import cursors
from tests.integration.pipeline.conftest import World

VERDICT = ["cluster_label", "severity_index", "vote_kmeans", "vote_dbscan", "vote_forest"]


@dataclass
class LiveWorld:
    """A world with triggers, and incremental runs that are made when a test says so."""

    world: World
    runs: IncrementalRuns = field(init=False)

    def __post_init__(self) -> None:
        self.runs = IncrementalRuns(self.world.context)

    def install(self) -> None:
        """Install the triggers, before the first run."""
        for source, engine in self.world.service.items():
            install_triggers(engine, source)

    def logged(self, source: Source) -> Taken:
        """Read what the log of a source holds past the stored cursor."""
        with self.world.context.store.connect() as connection:
            held = cursors(connection).get(source.value)
        after = held and Position(
            held.system_identifier, str(held.install_id), held.xid, held.id, held.gap
        )
        with self.world.context.sources.reading(source) as connection:

            def ask(query: str, parameters: Mapping[str, object]) -> Rows:
                return connection.execute(
                    text(load_queries("changes")[query]), dict(parameters)
                ).all()

            page = read_log(source, ask, after)
        return Taken(page.changes, page.position, page.resync)

    def catch_up(self) -> BatchOutcome | None:
        """Make one incremental run of everything that is logged."""
        taken = {source: self.logged(source) for source in Source}
        return self.runs.run(taken)


def expected_rows(world: World, as_of: datetime) -> pd.DataFrame:
    """Judge a fresh extraction by the active version and the stored scores of texts."""
    context = world.context
    extraction = extract_activity(
        context.sources,
        as_of=as_of,
        window_days=context.window_days,
        timezone=context.timezone,
    )
    stored, model = active_version(context.store)
    activity = extraction.activity
    if model.negativity_prior is not None:
        activity = activity.join(_sums(world, extraction.identity, as_of, stored.text_revision))
        activity[TEXT_COLUMNS] = activity[TEXT_COLUMNS].fillna(0)
    return model.score(model.kpis(activity, as_of=as_of))


def _sums(world: World, identity: Any, as_of: datetime, revision: str | None) -> pd.DataFrame:
    """Add up the stored scores of what the sources hold now; nothing of our references."""
    context = world.context
    with context.store.connect() as connection:
        scores = {
            bytes(row.hmac): row.p_negative
            for row in connection.execute(
                text("SELECT hmac, p_negative FROM text_score WHERE model_revision = :r"),
                {"r": revision},
            )
        }
    window = {"since": context.since(as_of), "as_of": as_of}
    found: dict[str, list[float]] = {}
    for kind in TextSource:
        for page in read_texts(context.sources, kind, after=None, chunk=5_000, **window):
            owners = identity.resolve(page["user_ref"])
            for owner, content in zip(owners, page["content"], strict=True):
                p = scores[text_hmac(context.text_key, content)] if not pd.isna(owner) else None
                if p is not None:
                    found.setdefault(owner, []).append(p)
    return pd.DataFrame(
        {
            "texts": {who: len(ps) for who, ps in found.items()},
            "negativity_sum": {who: float(np.sum(sorted(ps))) for who, ps in found.items()},
            "negativity_sumsq": {who: float(np.sum(np.square(ps))) for who, ps in found.items()},
        }
    )


def stored_rows(world: World) -> pd.DataFrame:
    with world.context.store.connect() as connection:
        rows = read_table(
            connection,
            "SELECT user_id_raiz::text AS user_id_raiz, stopped_showing, "  # noqa: S608
            + ", ".join([*VERDICT, *(f"raw_{column}" for column in KPI_COLUMNS)])
            + ", evidence::bigint AS evidence, is_sufficient"
            " FROM user_feature_vector f ORDER BY f.user_id_raiz",
        )
    return rows.set_index("user_id_raiz")


def rescored_at(world: World, moment: datetime) -> list[str]:
    """Return whose rows are of a moment."""
    with world.context.store.connect() as connection:
        return list(
            connection.scalars(
                text(
                    "SELECT user_id_raiz::text FROM user_feature_vector"
                    " WHERE extraction_date = :moment"
                ),
                {"moment": moment},
            )
        )


def assert_parity(world: World, as_of: datetime, people: list[str] | None = None) -> None:
    """What is stored equals a fresh extraction, kept verdicts aside."""
    expected, stored = expected_rows(world, as_of), stored_rows(world)
    if people is not None:
        expected, stored = (rows.loc[rows.index.isin(people)] for rows in (expected, stored))
    assert list(stored.index) == list(expected.index)
    for column in KPI_COLUMNS:
        np.testing.assert_allclose(
            stored[f"raw_{column}"].to_numpy(float),
            expected[f"raw_{column}"].to_numpy(float),
            rtol=1e-12,
            atol=1e-12,
            err_msg=column,
        )
    shows = ~stored["stopped_showing"].to_numpy(bool)
    for column in ("evidence", "is_sufficient"):
        assert (stored[column] == expected[column]).all(), column
    for column in VERDICT[:1] + VERDICT[2:]:
        assert (stored.loc[shows, column] == expected.loc[shows, column]).all(), column
    np.testing.assert_allclose(
        stored.loc[shows, "severity_index"], expected.loc[shows, "severity_index"], atol=1e-9
    )
