from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_engine.domain import KPI_COLUMNS
from aura_engine.features import FeatureError, Prior, compute_kpis

AS_OF = datetime(2026, 3, 10, 12, tzinfo=UTC)
NIGHT = Prior(0.1, 10)
TONE = Prior(0.3, 5)
NAT = pd.NaT


def activity(*people: dict[str, Any]) -> pd.DataFrame:
    usual: dict[str, Any] = {
        "account_created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "has_social_profile": True,
        "followers": 4.0,
        "following": 6.0,
        "last_activity_at": datetime(2026, 3, 8, tzinfo=UTC),
        "messages": 10,
        "night_messages": 1,
        "bio_blank": False,
        "has_complete_profile": True,
        "community_categories": 2,
        "texts": 5,
        "negativity_sum": 2.0,
    }
    frame = pd.DataFrame(
        [usual | person for person in people],
        index=pd.Index([f"p{i}" for i in range(len(people))], name="user_id_raiz"),
    )
    for name in ("account_created_at", "last_activity_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    return frame


def kpis(*people: dict[str, Any], as_of: datetime = AS_OF, tone: Prior | None = TONE) -> Any:
    return compute_kpis(
        activity(*people), as_of=as_of, night_prior=NIGHT, negativity_prior=tone
    ).to_numpy()


def test_a_usual_person_has_the_six_values_computed_by_hand() -> None:
    frame = compute_kpis(activity({}), as_of=AS_OF, night_prior=NIGHT, negativity_prior=TONE)
    assert tuple(frame.columns) == KPI_COLUMNS
    assert frame.index.name == "user_id_raiz"
    assert (frame.dtypes == np.float64).all()
    expected = [6 / 4, 2.5, (1 + 1) / 20, 0.0, (2 + 1.5) / 10, 2.0]
    np.testing.assert_allclose(frame.loc["p0"].to_numpy(), expected)


def test_following_many_and_followed_by_nobody_is_isolation_not_zero() -> None:
    assert kpis({"following": 50.0, "followers": 0.0})[0, 0] == 50.0


def test_no_relation_at_all_is_missing_not_zero() -> None:
    values = kpis({"following": 0.0, "followers": 0.0}, {"following": 0.0, "followers": 3.0})
    assert np.isnan(values[0, 0])
    assert values[1, 0] == 0.0


def test_without_a_social_profile_kpis_1_4_and_6_are_missing() -> None:
    values = kpis({"has_social_profile": False, "bio_blank": True, "has_complete_profile": False})
    assert np.isnan(values[0, [0, 3, 5]]).all()
    assert not np.isnan(values[0, [1, 2, 4]]).any()


def test_relations_that_are_unknown_are_missing() -> None:
    values = kpis({"followers": np.nan}, {"following": np.nan})
    assert np.isnan(values[:, 0]).all()


@pytest.mark.parametrize(
    ("last", "created", "days"),
    [
        (AS_OF - timedelta(hours=6), AS_OF - timedelta(days=90), 0.25),
        (NAT, AS_OF - timedelta(days=9), 9.0),
        (AS_OF, AS_OF - timedelta(days=9), 0.0),
        (AS_OF + timedelta(minutes=1), AS_OF - timedelta(days=9), 0.0),
        (AS_OF - timedelta(days=365), AS_OF - timedelta(days=500), 365.0),
        (AS_OF - timedelta(days=800), AS_OF - timedelta(days=900), 365.0),
        (AS_OF - timedelta(days=3), NAT, 3.0),
    ],
)
def test_silence_is_counted_from_the_last_activity_else_from_the_account(
    last: Any, created: Any, days: float
) -> None:
    values = kpis({"last_activity_at": last, "account_created_at": created})
    assert values[0, 1] == pytest.approx(days)


def test_silence_since_nobody_knows_when_is_missing() -> None:
    values = kpis({"last_activity_at": NAT, "account_created_at": NAT}, {})
    assert np.isnan(values[0, 1])
    assert values[1, 1] == 2.5


def test_no_messages_is_a_missing_night_ratio() -> None:
    values = kpis({"messages": 0, "night_messages": 0}, {"messages": 1, "night_messages": 1})
    assert np.isnan(values[0, 2])
    assert values[1, 2] == pytest.approx(2 / 11)


@pytest.mark.parametrize(
    ("blank", "complete", "expected"),
    [(True, False, 1.0), (True, True, 0.0), (False, False, 0.0), (False, True, 0.0)],
)
def test_a_profile_is_incomplete_only_without_bio_and_without_a_complete_profile(
    blank: bool, complete: bool, expected: float
) -> None:
    assert kpis({"bio_blank": blank, "has_complete_profile": complete})[0, 3] == expected


def test_no_texts_is_a_missing_negativity() -> None:
    values = kpis(
        {"texts": 0, "negativity_sum": 0.0},
        {"texts": np.nan, "negativity_sum": np.nan},
        {"texts": 1, "negativity_sum": 1.0},
    )
    assert np.isnan(values[:2, 4]).all()
    assert values[2, 4] == pytest.approx((1 + 1.5) / 6)


def test_without_a_language_model_negativity_is_missing_and_its_columns_are_not_needed() -> None:
    bare = activity({}, {}).drop(columns=["texts", "negativity_sum"])
    frame = compute_kpis(bare, as_of=AS_OF, night_prior=NIGHT, negativity_prior=None)
    assert frame["sentiment_negativity_index"].isna().all()


def test_no_community_is_a_value() -> None:
    assert kpis({"community_categories": 0})[0, 5] == 0.0


def test_nobody_gives_an_empty_table() -> None:
    nobody = activity({}).iloc[:0]
    frame = compute_kpis(nobody, as_of=AS_OF, night_prior=NIGHT, negativity_prior=TONE)
    assert frame.shape == (0, 6)


def test_a_reference_date_without_a_zone_is_refused() -> None:
    with pytest.raises(FeatureError, match="zona horaria"):
        kpis({}, as_of=datetime(2026, 3, 10))  # noqa: DTZ001


def test_the_zone_of_the_reference_date_does_not_matter() -> None:
    elsewhere = AS_OF.astimezone(timezone(timedelta(hours=-6)))
    assert np.array_equal(kpis({}, as_of=elsewhere), kpis({}))


def test_an_absent_column_is_named() -> None:
    with pytest.raises(FeatureError, match="night_messages"):
        compute_kpis(
            activity({}).drop(columns="night_messages"),
            as_of=AS_OF,
            night_prior=NIGHT,
            negativity_prior=TONE,
        )


PERSON = st.fixed_dictionaries(
    {
        "has_social_profile": st.booleans(),
        "followers": st.integers(0, 500).map(float),
        "following": st.integers(0, 500).map(float),
        "last_activity_at": st.integers(-5, 900).map(lambda d: AS_OF - timedelta(days=d)),
        "messages": st.integers(0, 99),
        "bio_blank": st.booleans(),
        "has_complete_profile": st.booleans(),
        "community_categories": st.integers(0, 12),
        "texts": st.integers(0, 30),
    }
).map(lambda p: p | {"night_messages": p["messages"] // 2, "negativity_sum": 0.4 * p["texts"]})


@given(st.lists(PERSON, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_values_stay_in_their_ranges_whatever_the_order_of_people(
    people: list[dict[str, Any]], random: Any
) -> None:
    values = kpis(*people)
    for column, (low, high) in zip(
        values.T, [(0, 500), (0, 365), (0, 1), (0, 1), (0, 1), (0, 12)], strict=True
    ):
        seen = column[~np.isnan(column)]
        assert ((seen >= low) & (seen <= high)).all()
    order = list(range(len(people)))
    random.shuffle(order)
    np.testing.assert_array_equal(kpis(*[people[i] for i in order]), values[order])


@given(PERSON, st.integers(0, 300))
def test_more_silence_never_looks_better(person: dict[str, Any], days: int) -> None:
    longer = person | {"last_activity_at": person["last_activity_at"] - timedelta(days=days)}
    values = kpis(person, longer)
    assert values[1, 1] >= values[0, 1]


def kpi(person: dict[str, Any], column: int) -> float:
    return float(kpis(person)[0, column])


def never_better(before: float, after: float) -> bool:
    """Tell whether risk stayed or grew; what is missing on either side cannot be compared."""
    return np.isnan(before) or np.isnan(after) or after >= before


@given(PERSON, st.integers(0, 300))
def test_following_more_never_looks_better_and_being_followed_never_worse(
    person: dict[str, Any], more: int
) -> None:
    lonely = person | {"following": person["following"] + more}
    loved = person | {"followers": person["followers"] + more}
    assert never_better(kpi(person, 0), kpi(lonely, 0))
    assert never_better(kpi(loved, 0), kpi(person, 0))


@given(PERSON, st.integers(0, 60))
def test_a_message_that_moves_into_the_night_never_looks_better(
    person: dict[str, Any], moved: int
) -> None:
    at_night = min(person["messages"], person["night_messages"] + moved)
    assert never_better(kpi(person, 2), kpi(person | {"night_messages": at_night}, 2))


@given(PERSON)
def test_words_in_a_profile_never_look_worse(person: dict[str, Any]) -> None:
    for better in ({"bio_blank": False}, {"has_complete_profile": True}):
        assert never_better(kpi(person | better, 3), kpi(person, 3))


@given(PERSON, st.floats(0, 10))
def test_sadder_texts_never_look_better(person: dict[str, Any], more: float) -> None:
    sadder = min(float(person["texts"]), person["negativity_sum"] + more)
    assert never_better(kpi(person, 4), kpi(person | {"negativity_sum": sadder}, 4) + 1e-12)


@given(PERSON, st.integers(0, 12))
def test_the_communities_are_counted_as_they_are(person: dict[str, Any], joined: int) -> None:
    value = kpi(person | {"community_categories": joined}, 5)
    assert np.isnan(value) if not person["has_social_profile"] else value == joined
