"""Every query of a run, explained on tables of a realistic size: which scans, which indexes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from aura_engine.cluster import Lease
from aura_engine.sources import Source
from aura_engine.sources.check import QueryPlan, Verdict
from aura_engine.sources.check.plans import DOCUMENTED_SCANS, explain, explain_all
from aura_engine.sql import load_queries
from tests.integration.sources.conftest import World, new_world

AS_OF = datetime(2026, 3, 20, 12, tzinfo=UTC)
PEOPLE = 4_000
SOME_IDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(20)]
PARAMETERS = {
    "as_of": AS_OF,
    "since": AS_OF - timedelta(days=90),
    "timezone": "America/Mexico_City",
    "first_night_hour": 1,
    "last_night_hour": 5,
    "only": None,
    "edited_since": AS_OF - timedelta(days=1),
    "former_as_of": AS_OF - timedelta(hours=1),
    "former_since": AS_OF - timedelta(days=90, hours=1),
    "after_at": AS_OF - timedelta(days=90),
    "after_id": SOME_IDS[0],
    "user_refs": SOME_IDS[:3],
    "text_ids": SOME_IDS,
}
# Two years of a small platform; nine in ten rows lie before the window of ninety days.
ROWS = {
    Source.AUTH: """
        INSERT INTO users (username, email, password_hash, id_role, created_at)
        SELECT n, n, 'x', CASE WHEN n % 500 = 0 THEN 1 ELSE 2 END,
               timestamp '2024-01-01' + n * interval '4 hours'
        FROM generate_series(1, :people) n
    """,
    Source.SOCIAL: """
        INSERT INTO user_profiles (user_id, bio) SELECT md5('u' || n)::uuid, 'hola'
        FROM generate_series(1, :people) n;
        INSERT INTO complete_profiles (user_id) SELECT md5('u' || n)::uuid
        FROM generate_series(1, :people / 2) n;
        INSERT INTO posts (user_id, content, created_at, updated_at)
        SELECT md5('u' || n % :people)::uuid, repeat('palabras ', 20), moment, moment
        FROM generate_series(1, 40000) n, LATERAL (SELECT CAST(:as_of AS timestamptz)
             - n * interval '25 minutes' AS moment) m;
        INSERT INTO comments (post_id, user_id, content, created_at, updated_at)
        SELECT (SELECT id FROM posts LIMIT 1), md5('u' || n % :people)::uuid,
               repeat('palabras ', 10), moment, moment
        FROM generate_series(1, 20000) n, LATERAL (SELECT CAST(:as_of AS timestamptz)
             - n * interval '50 minutes' AS moment) m;
        INSERT INTO communities (creator_id, name, category)
        SELECT gen_random_uuid(), n, 'Arte' FROM generate_series(1, 50) n;
        INSERT INTO community_members (community_id, user_id)
        SELECT id, md5('u' || n)::uuid FROM communities, generate_series(1, :people, 20) n;
        INSERT INTO friendships (requester_id, addressee_id, status)
        SELECT md5('u' || n)::uuid, md5('u' || (n + step) % :people)::uuid, 'accepted'
        FROM generate_series(1, :people) n, generate_series(1, 5) step
    """,
    Source.MESSAGING: """
        INSERT INTO users (profile_id, username) SELECT md5('u' || n)::uuid, n
        FROM generate_series(0, :people - 1) n;
        INSERT INTO messages (sender_profile_id, content, created_at, updated_at)
        SELECT md5('u' || n % :people)::uuid, repeat('palabras ', 8), moment, moment
        FROM generate_series(1, 60000) n, LATERAL (SELECT CAST(:as_of AS timestamptz)
             - n * interval '17 minutes' AS moment) m
    """,
}


@dataclass(frozen=True)
class Reads:
    """What a plan may touch: whole scans by table, and indexes that are searched."""

    scans: dict[str, int] = field(default_factory=dict)
    indexes: tuple[str, ...] = ()


def whole(*tables: str, times: int = 1) -> Reads:
    return Reads(dict.fromkeys(tables, times))


def searched(*indexes: str) -> Reads:
    return Reads(indexes=indexes)


EXPECTED = {
    Source.AUTH: {
        "accounts": whole("roles", "users"),
        "outsiders": whole("roles", "users"),
    },
    Source.SOCIAL: {
        "profiles": whole("user_profiles"),
        "complete_profiles": whole("complete_profiles"),
        "follow_relations": whole("friendships", times=2),
        "posts": whole("posts"),
        "comments": whole("comments"),
        "memberships": whole("communities", "community_members"),
        "post_texts": searched("posts_created_at"),
        "post_count": searched("posts_created_at"),
        "post_edits": searched("posts_created_at"),
        "post_digest": searched("posts_created_at"),
        "post_ids": searched("posts_user_id"),
        "post_texts_by_id": searched("posts_pkey"),
        "post_texts_of": searched("posts_user_id"),
        "comment_texts_of": whole("comments"),
        "comment_texts": whole("comments"),  # the services index comments by nothing but id
        "comment_count": whole("comments"),
        "comment_edits": whole("comments"),
        "comment_digest": whole("comments"),
        "comment_ids": whole("comments"),
        "comment_texts_by_id": searched("comments_pkey"),
    },
    Source.MESSAGING: {
        "users": whole("users"),
        "messages": whole("messages"),
        "message_texts": searched("messages_created_at"),
        "message_count": searched("messages_created_at"),
        "message_edits": searched("messages_created_at"),
        "message_digest": searched("messages_created_at"),
        "message_ids": searched("messages_sender_profile_id"),
        "message_texts_by_id": searched("messages_pkey"),
        "message_texts_of": searched("messages_sender_profile_id"),
        "moved_senders": searched("messages_created_at"),
    },
}
every_source = pytest.mark.parametrize("source", list(Source))


@pytest.fixture(scope="module")
def grown_world(lease: Lease) -> Iterator[World]:
    with new_world(lease) as made:
        for source, statements in ROWS.items():
            for statement in statements.split(";"):
                made.execute(source, statement, **_named(statement))
            with made.owners[source].begin() as connection:
                connection.exec_driver_sql("ANALYZE")
        yield made


def _named(statement: str) -> dict[str, object]:
    values = {"people": PEOPLE, "as_of": AS_OF}
    return {name: value for name, value in values.items() if f":{name}" in statement}


def plans_of(world: World, source: Source) -> dict[str, QueryPlan]:
    with world.sources.reading(source) as connection:
        return {plan.query: plan for plan in explain_all(connection, source, PARAMETERS)}


@every_source
def test_every_query_has_an_expectation(source: Source) -> None:
    assert set(EXPECTED[source]) == set(load_queries(source.value))


@every_source
def test_every_query_searches_the_expected_indexes_or_scans_as_often_as_documented(
    grown_world: World, source: Source
) -> None:
    found = {
        name: Reads(plan.scans, plan.indexes)
        for name, plan in plans_of(grown_world, source).items()
    }
    assert found == EXPECTED[source]


@every_source
def test_no_query_reads_more_than_its_text_says(grown_world: World, source: Source) -> None:
    for plan in plans_of(grown_world, source).values():
        assert plan.verdict is (Verdict.ONE_SCAN if plan.scans else Verdict.INDEX), plan
    for query, scans in DOCUMENTED_SCANS.items():
        assert EXPECTED[Source.SOCIAL][query].scans == scans


def test_a_few_people_are_searched_for_wherever_the_services_have_an_index(
    grown_world: World,
) -> None:
    few = PARAMETERS | {"only": SOME_IDS}
    scans = {}
    for source in Source:
        with grown_world.sources.reading(source) as connection:
            for name in ("accounts", "profiles", "complete_profiles", "posts", "users", "messages"):
                query = load_queries(source.value).get(name)
                if query is not None:
                    scans[name] = explain(connection, name, query, few).scans
    assert scans.pop("accounts") in ({}, {"roles": 1})
    assert set(map(len, scans.values())) == {0}, scans


def test_estimates_are_those_of_the_statistics(grown_world: World) -> None:
    plans = plans_of(grown_world, Source.SOCIAL)
    assert plans["profiles"].rows == PEOPLE
    in_window = 90 * 24 * 60 // 25
    assert plans["post_texts"].rows == pytest.approx(in_window, rel=0.2)
    assert plans["post_texts_by_id"].cost < plans["post_texts"].cost < plans["posts"].cost


def test_without_the_index_on_its_time_a_reading_is_one_scan_and_no_finding(
    lease: Lease,
) -> None:
    with new_world(lease) as made:
        made.execute(Source.MESSAGING, "DROP INDEX messages_created_at")
        plan = plans_of(made, Source.MESSAGING)["message_texts"]
    assert (plan.verdict, plan.scans) == (Verdict.ONE_SCAN, {"messages": 1})
