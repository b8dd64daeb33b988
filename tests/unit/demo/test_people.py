"""People: exactly as many as asked for, with the quirks of the live services' data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from aura_engine.demo.cast import STAFF
from aura_engine.demo.population import Population, SliceRows
from aura_engine.demo.profiles import USER_ROLE
from aura_engine.demo.texts import TextPool
from tests.unit.demo.stage import ZONE, messages_by_persona, moment, root_ids

History = tuple[Population, SliceRows]

WRITTEN_BY = {
    ("messaging", "messages"): "sender_profile_id",
    ("social", "posts"): "user_id",
    ("social", "comments"): "user_id",
    ("social", "community_members"): "user_id",
    ("social", "friendships"): "requester_id",
}


def test_there_are_exactly_as_many_users_as_asked_for_and_staff_on_top(history: History) -> None:
    population, rows = history
    accounts = rows.inserted("auth", "users")
    assert (accounts["id_role"] == USER_ROLE).sum() == population.users == 600
    assert (accounts["id_role"] != USER_ROLE).sum() == STAFF
    assert accounts["username"].is_unique
    assert accounts["email"].str.endswith("@example.invalid").all()


def test_nobody_does_anything_before_the_account_was_made(history: History) -> None:
    population, rows = history
    roots = root_ids(population)
    created = rows.inserted("auth", "users").set_index("user_id")["created_at"]
    for (database, table), column in WRITTEN_BY.items():
        written = rows.inserted(database, table)
        at = written["joined_at" if table == "community_members" else "created_at"]
        since = written[column].map(roots).map(created)
        assert since.notna().mean() > 0.97, table
        assert (at[since.notna()] > since.dropna()).all(), table


def test_the_night_shares_differ_by_persona_in_local_time(history: History) -> None:
    messages = messages_by_persona(*history)
    steady = messages[messages["onset_day"].isna()]
    share = steady.groupby("persona")["at_night"].mean()
    assert 0.35 < share["night_bound"] < 0.65
    assert 0.01 < share["thriving"] < 0.08
    assert 0.02 < share["ordinary"] < 0.1


def test_withdrawing_people_fall_silent_only_after_their_onset(history: History) -> None:
    messages = messages_by_persona(*history)
    mine = messages[messages["persona"] == "withdrawing"]
    people = mine["sender"].nunique()
    before = mine[(mine["day"] >= 0) & (mine["day"] < 60)]
    long_after = mine[mine["day"] >= mine["onset_day"] + 20]
    assert len(before) / people / 60 > 0.4
    assert len(long_after) < 0.02 * len(mine)


def test_isolated_people_ask_many_and_are_answered_by_few(history: History) -> None:
    population, rows = history
    truth = population.truth(moment(119))
    roots = root_ids(population)
    requests = rows.inserted("social", "friendships")
    answers = [b for b in rows.updates if b.table == "friendships" and b.operation == "update"]
    accepted = {
        (one, other)
        for batch in answers
        for one, other, status, _ in zip(*batch.columns.values(), strict=True)
        if status == "accepted"
    }
    pairs = pd.MultiIndex.from_frame(requests[["requester_id", "addressee_id"]])
    requests["accepted"] = pairs.isin(accepted)
    requests["who"] = requests["requester_id"].map(roots)
    by_persona = requests.join(truth[["persona", "onset_day"]], on="who")
    steady = by_persona[by_persona["onset_day"].isna()].groupby("persona")
    sent = steady.size() / steady["who"].nunique()
    assert sent["isolated"] > 2 * sent["ordinary"]
    assert steady["accepted"].mean()["isolated"] < 0.15
    assert steady["accepted"].mean()["ordinary"] > 0.45


def test_references_take_every_form_that_the_services_write(history: History) -> None:
    population, rows = history
    cast = population.cast
    there = cast.in_messaging[: population.users]
    by_auth_id = (cast.messaging_profile == cast.auth_id)[: population.users][there]
    assert 0.15 < by_auth_id.mean() < 0.3
    profiles = {one for one in cast.profile_id if one is not None}
    accounts = set(rows.inserted("auth", "users")["user_id"])
    for table in ("posts", "comments", "community_members", "friendships"):
        references = rows.inserted("social", table)[WRITTEN_BY["social", table]]
        assert 0.005 < references.isin(profiles).mean() < 0.06, table
        assert 0 < (~references.isin(profiles | accounts)).mean() < 0.03, table


def test_some_lack_a_social_profile_a_messaging_user_or_a_complete_profile(
    history: History,
) -> None:
    population, rows = history
    cast, users = population.cast, slice(0, population.users)
    assert 0 < (~cast.in_social[users]).mean() < 0.1
    assert 0 < (~cast.in_messaging[users]).mean() < 0.12
    complete = rows.inserted("social", "complete_profiles")["user_id"]
    assert 0.4 < len(complete) / population.users < 0.8
    assert (~complete.isin(cast.auth_id[cast.has_account])).any()


def test_counters_stay_untouched_and_last_seen_is_almost_never_written(history: History) -> None:
    _, rows = history
    profiles = rows.inserted("social", "user_profiles")
    assert not {"followers_count", "following_count", "friends_count"} & set(profiles.columns)
    assert rows.inserted("messaging", "users")["last_seen_at"].notna().mean() < 0.05


def test_media_system_notes_and_taken_back_messages_occur(history: History) -> None:
    _, rows = history
    messages = rows.inserted("messaging", "messages")
    media = ~messages["message_type"].isin(["text", "system"])
    assert 0.05 < media.mean() < 0.15
    assert 0.5 < (messages["content"][media] == "").mean() < 0.95
    assert (messages["message_type"] == "system").any()
    assert messages["content"].notna().all()
    changed = {(b.table, tuple(b.columns)) for b in rows.updates}
    assert ("messages", ("id", "is_deleted", "updated_at")) in changed
    assert ("posts", ("id", "is_active", "updated_at")) in changed


def test_every_text_comes_from_the_pool(history: History, pool: TextPool) -> None:
    _, rows = history
    known = set(pool.texts)
    messages = rows.inserted("messaging", "messages")
    words = messages["content"][messages["message_type"] == "text"]
    assert set(words) <= known
    assert set(rows.inserted("social", "comments")["content"]) <= known
    assert set(rows.inserted("social", "posts")["content"].dropna()) <= known


def test_the_volume_is_that_of_a_lively_platform(history: History) -> None:
    population, rows = history
    person_days = population.users * 127
    assert 0.8 < len(rows.inserted("messaging", "messages")) / person_days < 1.3
    assert 0.08 < len(rows.inserted("social", "posts")) / person_days < 0.18
    assert 0.13 < len(rows.inserted("social", "comments")) / person_days < 0.3


def test_conversations_have_two_people_and_begin_with_their_first_message(
    history: History,
) -> None:
    _, rows = history
    conversations = rows.inserted("messaging", "conversations").set_index("id")
    one, other = conversations["participant1_profile_id"], conversations["participant2_profile_id"]
    assert (one != other).all()
    pairs = [frozenset(pair) for pair in zip(one, other, strict=True)]
    assert len(set(pairs)) == len(pairs)
    messages = rows.inserted("messaging", "messages")
    first = messages.groupby("conversation_id")["created_at"].min()
    assert (first == conversations.loc[first.index, "created_at"]).all()
    assert len(first) == len(conversations)


@pytest.mark.parametrize("table", ["posts", "comments"])
def test_exam_weeks_and_weekdays_show(history: History, table: str) -> None:
    population, rows = history
    at = rows.inserted("social", table)["created_at"].dt.tz_localize("UTC").dt.tz_convert(ZONE)
    days = at.dt.date.value_counts()
    numbers = np.array([(day - population.epoch).days for day in days.index])
    within = days[(numbers >= 0) & (numbers < 120)]
    weekday = pd.Series(within.index).map(lambda day: day.weekday()).to_numpy()
    assert within[weekday == 5].mean() > within[weekday == 1].mean()
