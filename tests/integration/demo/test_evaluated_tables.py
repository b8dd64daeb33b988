"""What an evaluation sees in memory is what a run would read from the databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, text

from aura_engine.demo.evaluation.tables import SourceTables
from aura_engine.demo.population import Population
from aura_engine.demo.texts import TextPool
from aura_engine.demo.writer import write_until
from aura_engine.sources import Source, Sources, extract_activity
from aura_engine.sources.activity import assemble

ZONE = ZoneInfo("America/Mexico_City")
WINDOW = timedelta(days=30)


def as_of(day: float) -> datetime:
    return datetime(2026, 3, 2, 6, tzinfo=UTC) + timedelta(days=day)


@pytest.fixture(scope="module")
def pool() -> TextPool:
    return TextPool(5)


@pytest.fixture(scope="module")
def scores(pool: TextPool) -> dict[str, float]:
    known = np.random.default_rng(0).random(len(pool.texts))
    known[::50] = np.nan  # wordless texts have no score
    return dict(zip(pool.texts, known.tolist(), strict=True))


@pytest.mark.parametrize("days", [[70.4], [25.0, 40.1, 70.4]], ids=["at once", "in slices"])
def test_the_extraction_is_the_databases_own(
    engines: dict[Source, Engine], pool: TextPool, scores: dict[str, float], days: list[float]
) -> None:
    population = Population(5, 120, date(2026, 3, 2), ZONE, pool=pool)
    tables = SourceTables(scores, ZONE)
    moment, lived = as_of(days[-1]), None
    for day in days:
        tables.apply(population.rows(lived, as_of(day)))
        lived = as_of(day)
    write_until(engines, population, moment)
    read = extract_activity(
        Sources(**{source.value: engines[source] for source in Source}),
        as_of=moment,
        window_days=WINDOW.days,
        timezone=ZONE.key,
    )
    held = assemble(tables.aggregates(since=moment - WINDOW))
    pd.testing.assert_frame_equal(held.activity, read.activity, check_dtype=False)
    pd.testing.assert_frame_equal(held.memberships, read.memberships, check_dtype=False)
    assert held.unresolved.rows == read.unresolved.rows

    sums = tables.negativity(since=moment - WINDOW).set_index("user_ref")
    expected = _negativity(engines, scores, since=moment - WINDOW, until=moment)
    pd.testing.assert_frame_equal(
        sums.sort_index(), expected.sort_index(), check_dtype=False, check_names=False
    )


def _negativity(
    engines: dict[Source, Engine], scores: dict[str, float], *, since: datetime, until: datetime
) -> pd.DataFrame:
    """Sum the scores of the words that are in the databases, by the ids that wrote them."""
    asked = {
        Source.SOCIAL: """
            SELECT user_id::text, content FROM posts
            WHERE is_active AND created_at > :since AND created_at <= :until
            UNION ALL
            SELECT user_id::text, content FROM comments
            WHERE is_active AND created_at > :since AND created_at <= :until""",
        Source.MESSAGING: """
            SELECT sender_profile_id::text, content FROM messages
            WHERE message_type = 'text' AND NOT is_deleted
              AND created_at > :since AND created_at <= :until""",
    }
    written: list[tuple[str, float]] = []
    for source, query in asked.items():
        with engines[source].connect() as connection:
            rows = connection.execute(text(query), {"since": since, "until": until})
            written += [(ref, scores.get(content, np.nan)) for ref, content in rows]
    frame = pd.DataFrame(written, columns=["user_ref", "score"]).dropna()
    frame["squared"] = frame["score"] ** 2
    return frame.groupby("user_ref").agg(
        texts=("score", "size"),
        negativity_sum=("score", "sum"),
        negativity_sumsq=("squared", "sum"),
    )
