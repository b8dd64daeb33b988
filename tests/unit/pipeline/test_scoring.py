from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.errors import ArtefactError, RunError
from aura_engine.pipeline.scoring import TEXT_COLUMNS, ScoringModel

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
NEGATIVITY = KPI_COLUMNS.index("sentiment_negativity_index")


def activity(n: int = 400, *, at_risk: int = 24, seed: int = 1) -> pd.DataFrame:
    """Ordinary people, then `at_risk` whose every KPI is worse."""
    draw = np.random.default_rng(seed)
    risky = np.arange(n) >= n - at_risk
    messages = draw.integers(20, 120, n)
    texts = draw.integers(10, 60, n)
    negativity = np.where(risky, 0.7, 0.3) + draw.normal(0, 0.05, n)
    days = np.where(risky, draw.uniform(20, 60, n), draw.exponential(1.5, n))
    return pd.DataFrame(
        {
            "account_created_at": pd.Timestamp(AS_OF) - pd.Timedelta(days=200),
            "has_social_profile": True,
            "followers": draw.integers(5, 40, n).astype(float) * ~risky,
            "following": draw.integers(5, 40, n).astype(float),
            "last_activity_at": pd.Timestamp(AS_OF) - pd.to_timedelta(days, unit="D"),
            "messages": messages,
            "night_messages": draw.binomial(messages, np.where(risky, 0.5, 0.04)),
            "bio_blank": risky,
            "has_complete_profile": ~risky,
            "community_categories": np.where(risky, 0, draw.integers(1, 6, n)),
            "is_active": True,
            "texts": texts,
            "negativity_sum": negativity * texts,
            "negativity_sumsq": (negativity**2 + 0.02) * texts,
        },
        index=pd.Index([f"u{i:04d}" for i in range(n)], name="user_id_raiz"),
    )


def fit(people: pd.DataFrame) -> ScoringModel:
    return ScoringModel.fit(people, as_of=AS_OF, n_clusters=4, contamination=0.1)


def test_people_who_are_worse_in_everything_are_high() -> None:
    people = activity()
    model = fit(people)
    scored = model.score(model.kpis(people, as_of=AS_OF))
    assert (scored["cluster_label"].iloc[-24:] == RiskLevel.ALTO).all()
    assert (scored["cluster_label"].iloc[:-24] == RiskLevel.ALTO).mean() < 0.05
    assert scored["severity_index"].iloc[-24:].min() > scored["severity_index"].iloc[:-24].median()


def test_a_model_that_was_stored_scores_to_the_last_bit_alike() -> None:
    people = activity()
    model = fit(people)
    restored = ScoringModel.from_bytes(model.to_bytes())
    raw = model.kpis(people, as_of=AS_OF)
    pd.testing.assert_frame_equal(
        restored.score(restored.kpis(people, as_of=AS_OF)), model.score(raw), check_exact=True
    )
    assert restored.n_fitted == model.n_fitted


def test_the_same_people_in_another_order_give_the_same_verdicts() -> None:
    people = activity()
    model = fit(people)
    raw = model.kpis(people, as_of=AS_OF)
    shuffled = raw.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(
        model.score(shuffled).reindex(raw.index), model.score(raw), check_exact=True
    )


def test_an_artefact_of_other_kpis_is_refused() -> None:
    artefact = fit(activity()).to_bytes()
    import io
    import json

    with np.load(io.BytesIO(artefact)) as archive:
        arrays = dict(archive)
    header = json.loads(arrays["header"].tobytes())
    header["kpi_columns"] = header["kpi_columns"][::-1]
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    other = io.BytesIO()
    np.savez(other, **arrays)
    with pytest.raises(ArtefactError, match="otros indicadores"):
        ScoringModel.from_bytes(other.getvalue())


def test_without_scored_texts_negativity_is_missing_and_moves_nobody() -> None:
    silent = activity().drop(columns=TEXT_COLUMNS)
    model = fit(silent)
    raw = model.kpis(silent, as_of=AS_OF)
    assert raw["sentiment_negativity_index"].isna().all()
    assert model.negativity_prior is None
    assert "sentiment_negativity_index" in model.summary()["without_contrast"]
    scored = model.score(raw)
    told = model.ensemble.explain(scored[list(KPI_COLUMNS)].to_numpy())
    assert (told.asi_drop[:, NEGATIVITY] == 0).all()


def test_people_who_show_too_little_are_scored_but_not_fitted_on() -> None:
    people = activity()
    bare = people.index[:50]
    people.loc[bare, ["messages", "night_messages", *TEXT_COLUMNS]] = 0
    model = fit(people)
    assert model.n_fitted == len(people) - len(bare)
    scored = model.score(model.kpis(people, as_of=AS_OF))
    assert not scored.loc[bare, "is_sufficient"].any()
    assert scored.loc[bare, "cluster_label"].notna().all()


def test_too_few_people_are_an_error_that_counts_them() -> None:
    with pytest.raises(RunError, match="Solo 3 personas"):
        fit(activity(3, at_risk=0))
