"""Joining the aggregates: aliases add up, and what is not known stays missing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_engine.sources import ACTIVITY_COLUMNS, MEMBERSHIP_COLUMNS
from aura_engine.sources.activity import Aggregates, Extraction, assemble
from aura_engine.sources.memberships import plain_category

COLUMNS = {
    "accounts": ["user_id", "created_at"],
    "outsiders": ["user_id"],
    "profiles": [
        "profile_id", "user_ref", "exists_at", "bio_blank", "followers_count",
        "following_count", "is_active", "last_active_at", "birth_date", "location",
    ],
    "complete_profiles": ["user_ref", "row_count"],
    "follow_relations": ["user_ref", "row_count", "following", "followers"],
    "posts": ["user_ref", "row_count", "newest"],
    "comments": ["user_ref", "row_count", "newest"],
    "memberships": ["user_ref", "community_id", "category"],
    "messaging_users": ["messaging_id", "profile_id", "is_active", "last_seen_at"],
    "messages": ["user_ref", "row_count", "messages", "night_messages", "newest"],
}  # fmt: skip
JOINED = datetime(2026, 1, 1)  # noqa: DTZ001 -- as aura_auth holds it


def day(number: int) -> datetime:
    return datetime(2026, 2, number, tzinfo=UTC)


def joined(**rows: list[tuple[object, ...]]) -> Extraction:
    return assemble(
        Aggregates(
            **{
                name: pd.DataFrame(rows.get(name, []), columns=columns)
                for name, columns in COLUMNS.items()
            }
        )
    )


def profile(number: int, root: str, **changed: object) -> tuple[object, ...]:
    values = {
        "profile_id": f"p{number}", "user_ref": root, "exists_at": True, "bio_blank": False,
        "followers_count": 0, "following_count": 0, "is_active": True, "last_active_at": None,
        "birth_date": None, "location": None,
    }  # fmt: skip
    return tuple((values | changed).values())


def test_columns_and_types_are_those_that_the_other_rooms_read() -> None:
    activity = joined(accounts=[("a", JOINED)]).activity
    assert tuple(activity.columns) == ACTIVITY_COLUMNS
    assert activity.index.name == "user_id_raiz"
    assert {name: str(kind) for name, kind in activity.dtypes.items()} == {
        "account_created_at": "datetime64[us, UTC]",
        "has_social_profile": "bool",
        "followers": "float64",
        "following": "float64",
        "last_activity_at": "datetime64[us, UTC]",
        "messages": "int64",
        "night_messages": "int64",
        "bio_blank": "bool",
        "has_complete_profile": "bool",
        "community_categories": "int64",
        "is_active": "bool",
        "social_active_at": "datetime64[us, UTC]",
        "messaging_active_at": "datetime64[us, UTC]",
        "social_is_active": "bool",
        "messaging_is_active": "bool",
        "birth_date": "object",
        "location": "object",
    }


def test_an_installation_without_anybody_has_the_same_columns_and_types() -> None:
    empty, one = joined(), joined(accounts=[("a", JOINED)])
    assert empty.activity.dtypes.to_dict() == one.activity.dtypes.to_dict()
    assert tuple(empty.memberships.columns) == MEMBERSHIP_COLUMNS


def test_someone_with_nothing_but_an_account_is_missing_not_zero() -> None:
    person = joined(accounts=[("a", JOINED)]).activity.loc["a"]
    assert person["account_created_at"] == pd.Timestamp(JOINED, tz="UTC")
    assert not person["has_social_profile"]
    assert pd.isna(person["followers"])
    assert pd.isna(person["following"])
    assert pd.isna(person["last_activity_at"])
    assert person["birth_date"] is None
    assert person["location"] is None
    assert person["messages"] == 0
    assert person["is_active"]


def test_friendships_without_a_social_profile_do_not_make_followers() -> None:
    person = joined(accounts=[("a", JOINED)], follow_relations=[("a", 3, 2, 1)]).activity.loc["a"]
    assert pd.isna(person["followers"])
    assert pd.isna(person["following"])


@pytest.mark.parametrize(("counter", "relation", "expected"), [(0, 4, 4.0), (9, 4, 9.0), (0, 0, 0)])
def test_the_greater_of_counter_and_live_relation_counts(counter, relation, expected) -> None:
    person = joined(
        accounts=[("a", JOINED)],
        profiles=[profile(1, "a", followers_count=counter, following_count=counter)],
        follow_relations=[("a", 9, relation, relation)],
    ).activity.loc["a"]
    assert (person["followers"], person["following"]) == (expected, expected)


def test_aliases_of_one_person_are_summed_and_their_times_maxed() -> None:
    person = joined(
        accounts=[("a", JOINED), ("b", JOINED)],
        profiles=[profile(1, "a", last_active_at=day(2))],
        messaging_users=[("m1", "p1", True, None), ("m2", "a", True, day(3))],
        messages=[("p1", 5, 4, 2, day(5)), ("a", 4, 3, 1, day(4))],
        posts=[("p1", 1, day(6)), ("a", 1, day(1)), ("b", 1, day(9))],
        comments=[("m1", 1, day(2))],
        follow_relations=[("p1", 1, 1, 0), ("a", 2, 1, 1)],
    ).activity.loc["a"]
    assert (person["messages"], person["night_messages"]) == (7, 3)
    assert person["last_activity_at"] == day(6)
    assert (person["following"], person["followers"]) == (2, 1)


def test_a_profile_made_later_names_its_person_but_says_nothing_yet() -> None:
    found = joined(
        accounts=[("a", JOINED)],
        profiles=[profile(1, "a", exists_at=False, location="Puebla", followers_count=7)],
        posts=[("p1", 1, day(3))],
    ).activity.loc["a"]
    assert not found["has_social_profile"]
    assert pd.isna(found["followers"])
    assert found["location"] is None
    assert found["last_activity_at"] == day(3)


def test_facts_of_the_profile_arrive_as_they_are() -> None:
    person = joined(
        accounts=[("a", JOINED)],
        profiles=[profile(1, "a", bio_blank=False, birth_date=date(2008, 5, 1), location="Puebla")],
        complete_profiles=[("a", 1)],
    ).activity.loc["a"]
    assert not person["bio_blank"]
    assert person["birth_date"] == date(2008, 5, 1)
    assert person["location"] == "Puebla"
    assert person["has_complete_profile"]


@pytest.mark.parametrize("where", ["social", "messaging"])
def test_being_inactive_anywhere_shows(where: str) -> None:
    found = joined(
        accounts=[("a", JOINED), ("b", JOINED)],
        profiles=[profile(1, "a", is_active=where != "social"), profile(2, "b")],
        messaging_users=[("m", "p1", where != "messaging", None)],
    ).activity
    assert found["is_active"].to_dict() == {"a": False, "b": True}


def test_two_spellings_of_a_category_are_one() -> None:
    found = joined(
        accounts=[("a", JOINED)],
        profiles=[profile(1, "a")],
        memberships=[
            ("a", "c1", "Musica"),
            ("p1", "c2", "Música"),
            ("p1", "c1", "Musica"),
            ("a", "c3", "Arte"),
        ],
    )
    assert found.activity.loc["a", "community_categories"] == 2
    assert found.memberships.to_numpy().tolist() == [
        ["a", "c1", "Musica"],
        ["a", "c2", "Musica"],
        ["a", "c3", "Arte"],
    ]


@given(st.text())
def test_a_plain_category_has_no_accents_and_stays_plain(category: str) -> None:
    plain = plain_category(category)
    assert plain_category(plain) == plain
    assert plain_category("Meditación") == "Meditacion"


def test_what_is_nobodys_is_counted_for_each_table() -> None:
    found = joined(
        accounts=[("a", JOINED)],
        outsiders=[("boss",)],
        posts=[("a", 2, day(1)), ("ghost", 3, day(1)), ("boss", 5, day(1))],
        messages=[("ghost", 4, 4, 0, day(1))],
    )
    tables = found.unresolved.tables
    assert (tables["social.posts"].rows, tables["social.posts"].unresolved_rows) == (10, 3)
    assert tables["messaging.messages"].unresolved_references == 1
    assert found.unresolved.rows == 7
    assert set(tables) == {
        "social.user_profiles", "social.complete_profiles", "social.friendships", "social.posts",
        "social.comments", "social.community_members", "messaging.users", "messaging.messages",
    }  # fmt: skip


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random) -> None:
    rows: dict[str, list[tuple[object, ...]]] = {
        "accounts": [(root, JOINED) for root in "abcd"],
        "profiles": [profile(number, root) for number, root in enumerate("abc")],
        "messages": [("a", 1, 1, 0, day(2)), ("p0", 1, 1, 1, day(3)), ("b", 1, 1, 0, day(1))],
        "memberships": [("a", "c1", "Arte"), ("p1", "c2", "Baile"), ("p0", "c1", "Arte")],
        "posts": [("c", 1, day(8)), ("p2", 1, day(4))],
    }
    shuffled = {name: random.sample(found, len(found)) for name, found in rows.items()}
    plain, mixed = joined(**rows), joined(**shuffled)
    pd.testing.assert_frame_equal(plain.activity, mixed.activity)
    pd.testing.assert_frame_equal(plain.memberships, mixed.memberships)
