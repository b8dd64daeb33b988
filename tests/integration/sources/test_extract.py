"""Extraction from real databases, against figures worked out by hand."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

import pandas as pd
import pytest

from aura_engine.errors import SourceError
from aura_engine.sources import Extraction, Source, Sources, TableTally, extract_activity
from tests.integration.sources.conftest import World
from tests.integration.sources.people import (
    ANA,
    AS_OF,
    BETO,
    CARLA,
    DANI,
    DRUMS,
    EVA,
    FER,
    GABI,
    HUGO,
    MUSIC,
    PEOPLE,
    SINCE,
    SPORT,
    WINDOW_DAYS,
    ZONE,
    at,
    auth_id,
)


def extract(
    sources: Sources, as_of: datetime = AS_OF, window_days: int = WINDOW_DAYS, zone: str = ZONE
) -> Extraction:
    return extract_activity(sources, as_of=as_of, window_days=window_days, timezone=zone)


LOCK_WAIT = 240
"""Seconds that a reading would take which nothing stops."""


def reader_waits_for_locks(world: World, source: Source, limit: str) -> None:
    with world.owners[source].begin() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(
            f"ALTER ROLE aura_reader IN DATABASE {name} SET lock_timeout = '{limit}'"
        )


@pytest.fixture(scope="session")
def found(populated_world: World) -> Extraction:
    return extract(populated_world.sources)


def column(found: Extraction, name: str) -> dict[str, object]:
    values = found.activity[name]
    return {root: None if pd.isna(value) else value for root, value in values.items()}


def test_the_population_is_everyone_of_role_user_at_that_moment(found: Extraction) -> None:
    assert list(found.activity.index) == sorted(PEOPLE)


def test_account_dates_are_utc_and_may_be_unknown(found: Extraction) -> None:
    created = column(found, "account_created_at")
    assert created[ANA] == datetime(2025, 1, 1, tzinfo=UTC)
    assert created[CARLA] is None


def test_a_profile_counts_from_when_it_was_made(found: Extraction) -> None:
    has_profile = column(found, "has_social_profile")
    assert [root for root, has in has_profile.items() if not has] == [CARLA, HUGO]


def test_follow_relations_come_from_friendships_each_counterpart_once(found: Extraction) -> None:
    assert column(found, "following") == {
        ANA: 2.0,  # Beto, accepted; Carla, pending
        BETO: 1.0,
        CARLA: None,
        DANI: 2.0,  # Eva and Fer, pending; the counter says 1; rejected and blocked do not count
        EVA: 1.0,
        FER: 0.0,
        GABI: 0.0,
        HUGO: None,
    }
    assert column(found, "followers") == {
        ANA: 2.0,  # Beto, accepted; Eva, received and pending
        BETO: 1.0,
        CARLA: None,
        DANI: 0.0,
        EVA: 1.0,
        FER: 1.0,
        GABI: 1.0,  # somebody who left
        HUGO: None,
    }


def test_last_activity_is_the_newest_evidence_that_was_known(found: Extraction) -> None:
    assert column(found, "last_activity_at") == {
        ANA: at(
            9, 8
        ),  # a message that was deleted later; the system message of the 10th is not hers
        BETO: AS_OF,  # the message after it is not known yet
        CARLA: at(8),  # a comment without words
        DANI: None,
        EVA: at(9),  # last_seen_at; last_active_at lies ahead
        FER: at(3, 20),
        GABI: at(3, 3),  # last_active_at; last_seen_at and her post lie ahead
        HUGO: None,
    }


def test_messages_and_nights_are_counted_in_the_window_by_the_local_clock(
    found: Extraction,
) -> None:
    messages, nights = column(found, "messages"), column(found, "night_messages")
    assert (messages[ANA], nights[ANA]) == (5, 3)
    assert (messages[BETO], nights[BETO]) == (1, 0)
    assert (messages[CARLA], nights[CARLA]) == (0, 0)
    assert (messages[FER], nights[FER]) == (2, 1)  # under both of their messaging ids


def test_bios_and_complete_profiles_are_found_under_either_id(found: Extraction) -> None:
    blank = column(found, "bio_blank")
    assert [root for root in PEOPLE if not blank[root]] == [ANA]
    complete = column(found, "has_complete_profile")
    assert [root for root in PEOPLE if complete[root]] == [BETO, DANI]


def test_memberships_are_of_active_communities_joined_by_then(found: Extraction) -> None:
    assert found.memberships.to_numpy().tolist() == [
        [ANA, MUSIC, "Musica"],
        [ANA, DRUMS, "Musica"],
        [ANA, SPORT, "Deportes"],
    ]
    categories = column(found, "community_categories")
    assert categories == {root: 2 if root == ANA else 0 for root in PEOPLE}


def test_inactive_anywhere_is_shown(found: Extraction) -> None:
    active = column(found, "is_active")
    assert [root for root in PEOPLE if not active[root]] == [BETO, EVA]


def test_birth_date_and_location_are_values_or_none(found: Extraction) -> None:
    ana, beto = found.activity.loc[ANA], found.activity.loc[BETO]
    assert (ana["birth_date"], ana["location"]) == (date(2008, 5, 4), "Puebla")
    assert (beto["birth_date"], beto["location"]) == (None, None)


def test_what_is_nobodys_is_counted_and_staff_are_not(found: Extraction) -> None:
    tables = found.unresolved.tables
    assert tables["social.posts"] == TableTally(5, 5, 1, 1)
    assert tables["social.community_members"] == TableTally(3, 4, 1, 1)
    assert tables["social.friendships"].unresolved_rows == 1
    assert tables["social.complete_profiles"] == TableTally(3, 3, 1, 1)
    assert tables["social.user_profiles"].unresolved_references == 1
    assert tables["messaging.users"] == TableTally(9, 9, 1, 1)
    assert tables["messaging.messages"].unresolved_rows == 2
    assert tables["social.comments"].unresolved_rows == 0
    assert found.unresolved.contradictory_references == 0


def test_an_earlier_moment_knows_less(populated_world: World) -> None:
    earlier = extract(populated_world.sources, as_of=at(2, 9))
    assert earlier.activity.loc[ANA, "last_activity_at"] == at(2, 8)
    assert earlier.activity.loc[ANA, "messages"] == 4  # with the message of SINCE in its window
    assert earlier.unresolved.tables["messaging.messages"].unresolved_rows == 0


def test_reading_twice_gives_the_same(populated_world: World, found: Extraction) -> None:
    again = extract(populated_world.sources)
    pd.testing.assert_frame_equal(again.activity, found.activity)
    pd.testing.assert_frame_equal(again.memberships, found.memberships)
    assert again.unresolved == found.unresolved


def someone_who_writes(world: World, *sent: datetime) -> None:
    account = {
        "user_id": ANA, "username": "a", "email": "a", "password_hash": "x", "id_role": 2,
        "created_at": datetime(2025, 1, 1),  # noqa: DTZ001
    }  # fmt: skip
    world.insert(Source.AUTH, "users", account)
    world.insert(Source.MESSAGING, "users", {"profile_id": ANA, "username": "a"})
    world.insert(
        Source.MESSAGING,
        "messages",
        *({"sender_profile_id": ANA, "content": "x", "created_at": moment} for moment in sent),
    )


def test_night_follows_the_clock_change(blank_world: World) -> None:
    someone_who_writes(
        blank_world,
        at(7, 5, 30),  # 00:30, winter time in New York
        at(7, 6, 30),  # 01:30
        at(7, 10, 30),  # 05:30
        at(7, 11, 0),  # 06:00
        at(8, 6, 59),  # 01:59, a minute before the clock jumps
        at(8, 7, 0),  # 03:00, where it lands
        at(8, 9, 59),  # 05:59, summer time
        at(8, 10, 0),  # 06:00
        at(9, 4, 59),  # 00:59
        at(9, 5, 0),  # 01:00
        at(9, 10, 30),  # 06:30
    )
    summer = extract(blank_world.sources, zone="America/New_York").activity.loc[ANA]
    assert (summer["messages"], summer["night_messages"]) == (11, 6)
    fixed = extract(blank_world.sources, zone="Etc/GMT+5").activity.loc[ANA]
    assert fixed["night_messages"] == 7


def test_a_categorys_accents_do_not_make_it_another(own_world: World) -> None:
    someone_who_writes(own_world)
    own_world.execute(Source.SOCIAL, "ALTER TYPE enum_communities_category ADD VALUE 'Música'")
    own_world.insert(
        Source.SOCIAL,
        "communities",
        {"id": MUSIC, "creator_id": ANA, "name": "a", "category": "Musica"},
        {"id": DRUMS, "creator_id": ANA, "name": "b", "category": "Música"},
    )
    own_world.insert(
        Source.SOCIAL,
        "community_members",
        *(
            {"community_id": community, "user_id": ANA, "joined_at": at(1)}
            for community in (MUSIC, DRUMS)
        ),
    )
    extraction = extract(own_world.sources)
    assert extraction.activity.loc[ANA, "community_categories"] == 1
    assert set(extraction.memberships["category"]) == {"Musica"}


def test_a_contradiction_is_reported_and_given_to_nobody(blank_world: World) -> None:
    someone_who_writes(blank_world, at(2, 8))
    other = auth_id(2)
    blank_world.insert(Source.SOCIAL, "user_profiles", {"id": ANA, "user_id": other})
    extraction = extract(blank_world.sources)
    assert extraction.activity.loc[ANA, "messages"] == 0
    assert extraction.unresolved.contradictory_references == 1
    assert extraction.unresolved.tables["messaging.messages"].contradictory_rows == 1


def test_empty_sources_give_an_empty_extraction(blank_world: World) -> None:
    extraction = extract(blank_world.sources)
    assert extraction.activity.empty
    assert extraction.memberships.empty
    assert extraction.unresolved.rows == 0


def test_the_session_time_zone_of_the_server_changes_nothing(
    populated_world: World, found: Extraction
) -> None:
    with populated_world.sources.auth.connect() as connection:
        connection.exec_driver_sql("SET TIME ZONE 'Asia/Kolkata'")
        connection.commit()  # the pool hands the same connection to the extraction
    with populated_world.sources.messaging.connect() as connection:
        connection.exec_driver_sql("SET TIME ZONE 'Asia/Kolkata'")
        connection.commit()
    shifted = extract(populated_world.sources)
    populated_world.sources.close()
    pd.testing.assert_frame_equal(shifted.activity, found.activity)


def test_a_moment_without_zone_is_refused(populated_world: World) -> None:
    with pytest.raises(ValueError, match="as_of must be zone-aware"):
        extract(populated_world.sources, as_of=datetime(2026, 3, 20))  # noqa: DTZ001


def test_a_window_without_days_and_an_unknown_zone_are_refused(populated_world: World) -> None:
    with pytest.raises(ValueError, match="window_days"):
        extract(populated_world.sources, window_days=0)
    with pytest.raises(ZoneInfoNotFoundError):
        extract(populated_world.sources, zone="America/Atlantis")


def test_a_missing_grant_is_named_with_the_script_that_gives_it(own_world: World) -> None:
    own_world.execute(Source.SOCIAL, "REVOKE ALL ON friendships FROM aura_reader")
    with pytest.raises(SourceError, match=r"friendships.*sql/roles/social\.sql"):
        extract(own_world.sources)


def test_another_schema_is_named_with_the_setting_to_look_at(own_world: World) -> None:
    own_world.execute(Source.SOCIAL, "ALTER TABLE user_profiles RENAME COLUMN bio TO about")
    with pytest.raises(SourceError, match=r"aura_social.*bio.*DATABASE_URL_SOCIAL"):
        extract(own_world.sources)


def test_a_locked_table_is_given_up_after_the_roles_limit(own_world: World) -> None:
    reader_waits_for_locks(own_world, Source.SOCIAL, "50ms")
    with own_world.owners[Source.SOCIAL].begin() as locking:
        locking.exec_driver_sql("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(SourceError, match="límite de tiempo"):
            extract(own_world.sources)


def test_a_source_that_fails_stops_the_reading_of_the_others(own_world: World) -> None:
    reader_waits_for_locks(own_world, Source.SOCIAL, "50ms")
    reader_waits_for_locks(own_world, Source.MESSAGING, f"{LOCK_WAIT}s")
    social, messaging = own_world.owners[Source.SOCIAL], own_world.owners[Source.MESSAGING]
    with social.begin() as locking, messaging.begin() as holding:
        locking.exec_driver_sql("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
        holding.exec_driver_sql("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        with pytest.raises(SourceError, match="aura_social"):
            extract(own_world.sources)
        assert time.monotonic() - begun < LOCK_WAIT
    assert extract(own_world.sources).activity.empty


@pytest.fixture
def interruptible() -> Iterator[None]:
    """As a process begins: a server that ran in this one may have left a handler of its own."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def test_an_interrupt_stops_the_reading_of_all(own_world: World, interruptible: None) -> None:
    reader_waits_for_locks(own_world, Source.MESSAGING, f"{LOCK_WAIT}s")
    with own_world.owners[Source.MESSAGING].begin() as holding:
        holding.exec_driver_sql("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        interrupt = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        interrupt.start()
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            extract(own_world.sources)
        assert time.monotonic() - begun < LOCK_WAIT
        interrupt.join()
    assert extract(own_world.sources).activity.empty


def test_the_window_opens_after_its_first_moment(blank_world: World) -> None:
    someone_who_writes(blank_world, SINCE, SINCE + timedelta(microseconds=1), AS_OF)
    assert extract(blank_world.sources).activity.loc[ANA, "messages"] == 2


@pytest.mark.parametrize("born", ["202005-01-01", "infinity", "0044-03-15 BC", "1850-01-01"])
def test_a_birth_date_that_nobody_alive_has_is_unknown(blank_world: World, born: str) -> None:
    someone_who_writes(blank_world)
    profile = {"id": auth_id(500), "user_id": ANA, "created_at": at(1)}
    blank_world.insert(Source.SOCIAL, "user_profiles", profile)
    blank_world.execute(Source.SOCIAL, "UPDATE user_profiles SET birth_date = :born", born=born)
    assert extract(blank_world.sources).activity.loc[ANA, "birth_date"] is None


def test_a_value_beyond_all_range_is_an_error_that_names_columns_and_no_value(
    blank_world: World,
) -> None:
    someone_who_writes(blank_world)
    profile = {"id": auth_id(500), "user_id": ANA, "created_at": at(1)}
    blank_world.insert(Source.SOCIAL, "user_profiles", profile)
    blank_world.execute(Source.SOCIAL, "UPDATE user_profiles SET last_active_at = '-infinity'")
    with pytest.raises(SourceError, match="last_active_at") as refused:
        extract(blank_world.sources)
    assert "-infinity" not in str(refused.value)
    assert refused.value.__cause__ is not None
    assert refused.value.__cause__.__cause__ is None
