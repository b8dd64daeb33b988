"""Every KPI of a population that was reckoned by hand, from the schemas to the stored row."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from aura_engine.cluster import Lease, ensure_template
from aura_engine.features import Prior, compute_kpis
from aura_engine.pipeline import PipelineContext, run_full
from aura_engine.sources import extract_activity
from aura_engine.store.connect import connect_store
from aura_engine.store.installation import ensure_installation
from tests.conftest import DatabaseFactory
from tests.integration.sources.conftest import World
from tests.integration.sources.golden import (
    AS_OF,
    GOLDEN,
    NEGATIVITY,
    WINDOW_DAYS,
    ZONE,
    populate,
    prior_of_nights,
    prior_of_texts,
    user,
)
from tests.integration.store.conftest import TEMPLATE, build_template

NAN = np.nan


class KnownScores:
    """A language model of which every answer is known: it stands in for the hub's."""

    name, revision, reduced, backend = "conocido", "1", False, "ninguno"

    def score(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([NEGATIVITY[text] for text in texts], dtype=np.float32)


def shrunk(total: float, count: int, mean: float, strength: float) -> float:
    return NAN if count == 0 else (total + mean * strength) / (count + strength)


def expected(night: tuple[float, float], texts: tuple[float, float]) -> pd.DataFrame:
    """Return the raw KPIs under priors (mean, strength), a row a person."""
    rows = {}
    for number, golden in GOLDEN.items():
        at_night, messages = golden.night
        sad, written = golden.texts
        rows[user(number)] = [
            NAN if golden.reciprocity is None else golden.reciprocity,
            golden.days,
            shrunk(at_night, messages, *night),
            NAN if golden.incomplete is None else golden.incomplete,
            shrunk(0.875 * sad + 0.125 * (written - sad), written, *texts),
            NAN if golden.communities is None else golden.communities,
        ]
    return pd.DataFrame.from_dict(rows, orient="index")


@pytest.fixture
def golden_world(blank_world: World) -> World:
    populate(blank_world)
    return blank_world


def test_extraction_and_kpis_are_those_reckoned_by_hand(golden_world: World) -> None:
    found = extract_activity(
        golden_world.sources, as_of=AS_OF, window_days=WINDOW_DAYS, timezone=ZONE
    )
    activity = found.activity
    assert list(activity.index) == [user(number) for number in GOLDEN]
    counts = activity[["night_messages", "messages"]].itertuples(index=False, name=None)
    assert dict(zip(GOLDEN, counts, strict=True)) == {n: g.night for n, g in GOLDEN.items()}
    kpis = compute_kpis(activity, as_of=AS_OF, night_prior=Prior(0.25, 4.0), negativity_prior=None)
    right = expected((0.25, 4.0), (0.0, 0.0))
    right[4] = NAN  # without a language model nobody has a fifth KPI
    np.testing.assert_allclose(kpis.to_numpy(), right.to_numpy(), rtol=0, atol=1e-12)
    # By hand once more: two of five, drawn towards a quarter by four messages.
    assert kpis.loc[user(1), "ratio_night_messages"] == pytest.approx((2 + 1) / (5 + 4))


def test_a_full_run_stores_what_was_reckoned_by_hand(
    golden_world: World, lease: Lease, database_factory: DatabaseFactory
) -> None:
    ensure_template(lease, TEMPLATE, build_template)
    store = connect_store(database_factory(TEMPLATE))
    ensure_installation(store, "demo")
    context = PipelineContext(
        store=store,
        sources=golden_world.sources,
        scorer=KnownScores(),
        text_key=secrets.token_bytes(32),
        timezone=ZONE,
        window_days=WINDOW_DAYS,
        refit_days=30,
        clock=lambda: AS_OF,
    )
    run_full(context)
    with store.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT raw_reciprocity_ratio, raw_days_since_last_seen, raw_ratio_night_messages,"
                " raw_is_profile_incomplete, raw_sentiment_negativity_index,"
                " raw_num_community_categories FROM user_feature_vector ORDER BY user_id_raiz"
            )
        ).all()
        counts = connection.scalar(text("SELECT counts FROM pipeline_run"))
    store.dispose()
    stored = np.array([tuple(row) for row in rows], dtype=np.float64)
    night, texts = (
        tuple(float(value) for value in prior) for prior in (prior_of_nights(), prior_of_texts())
    )
    right = expected(night, texts).to_numpy()
    np.testing.assert_allclose(stored, right, rtol=0, atol=1e-9)

    tables = counts["unresolved"]["tables"]
    unresolved = {name: tally["unresolved_rows"] for name, tally in tables.items()}
    assert {name: rows for name, rows in unresolved.items() if rows} == {
        "social.user_profiles": 1,  # of the account that is gone
        "social.posts": 1,
        "social.friendships": 2,  # the ends that nobody has
        "messaging.users": 1,
        "messaging.messages": 1,
    }
    assert counts["unresolved"]["contradictory_references"] == 0
