"""A world whose changes are logged by the real triggers, and what its store should hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy import text

from aura_engine.domain import KPI_COLUMNS
from aura_engine.pipeline.incremental import IncrementalRuns
from aura_engine.pipeline.rescoring import BatchOutcome
from aura_engine.sources import Source
from aura_engine.sources.changes import Position, Rows, read_log
from aura_engine.sources.feed import Taken
from aura_engine.sources.triggers import install_triggers
from aura_engine.sql import load_queries
from aura_engine.store.change_cursors import cursors
from benchmarks import recomputed
from benchmarks.recomputed import VERDICT
from tests.integration.pipeline.conftest import World
from tests.patience import eventually


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
        self._wait_for_older_transactions(source)
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

    def _wait_for_older_transactions(self, source: Source) -> None:
        # The log is read up to the oldest open transaction of the whole server, and the server's
        # own statistics worker opens one when it likes: what was written would come a read later.
        with self.world.service[source].connect() as connection:
            written = connection.scalar(text("SELECT pg_snapshot_xmax(pg_current_snapshot())"))
            xmin = text("SELECT pg_snapshot_xmin(pg_current_snapshot()) >= :written")
            eventually(lambda: bool(connection.scalar(xmin, {"written": written})))

    def catch_up(self) -> BatchOutcome | None:
        """Make one incremental run of everything that is logged."""
        taken = {source: self.logged(source) for source in Source}
        return self.runs.run(taken)


def expected_rows(world: World, as_of: datetime) -> pd.DataFrame:
    return recomputed.expected_rows(world.context, as_of)


def stored_rows(world: World) -> pd.DataFrame:
    return recomputed.stored_rows(world.context)


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
