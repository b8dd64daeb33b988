"""The identity map, whatever the sources hold: four ids, one person, and nothing guessed."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_engine.sources import IdentityMap

Pairs = list[tuple[str, str]]


@st.composite
def sound_sources(draw: st.DrawFn) -> tuple[list[str], Pairs, Pairs]:
    """People with any of a profile and messaging accounts, all of whose ids are their own."""
    people = [f"auth{number}" for number in range(draw(st.integers(1, 8)))]
    profiles: Pairs = []
    messaging: Pairs = []
    for root in people:
        number = root.removeprefix("auth")
        senders = [root]
        if draw(st.booleans()):
            profiles.append((f"profile{number}", root))
            senders.append(f"profile{number}")
        for place, sender in enumerate(draw(st.lists(st.sampled_from(senders), unique=True))):
            messaging.append((f"messaging{number}-{place}", sender))
    return people, profiles, messaging


def build(people: list[str], profiles: Pairs, messaging: Pairs) -> IdentityMap:
    return IdentityMap.build(
        population=pd.Series(people, dtype="str"),
        outsiders=pd.Series([], dtype="str"),
        profiles=pd.DataFrame(profiles, columns=["profile_id", "user_ref"]),
        messaging=pd.DataFrame(messaging, columns=["messaging_id", "profile_id"]),
    )


def owner(identity: IdentityMap, *references: str) -> list[str | None]:
    found = identity.resolve(pd.Series(list(references), dtype="str"))
    return [None if pd.isna(root) else str(root) for root in found]


def number_of(reference: str) -> str:
    return reference.lstrip("abcdefghijklmnopqrstuvwxyz").partition("-")[0]


@settings(max_examples=60, deadline=None)
@given(sound_sources())
def test_every_one_of_the_four_ids_leads_to_its_person(
    sources: tuple[list[str], Pairs, Pairs],
) -> None:
    people, profiles, messaging = sources
    identity = build(people, profiles, messaging)
    given_ids = [*people, *(pair[0] for pair in profiles)]
    given_ids += [reference for pair in messaging for reference in pair]
    assert owner(identity, *given_ids) == [f"auth{number_of(one)}" for one in given_ids]
    assert identity.contradictory_references == 0
    tally = identity.tally(pd.Series(given_ids, dtype="str"))
    assert (tally.rows, tally.unresolved_rows) == (len(given_ids), 0)


@settings(max_examples=60, deadline=None)
@given(sound_sources())
def test_rows_that_say_the_same_twice_change_nothing(
    sources: tuple[list[str], Pairs, Pairs],
) -> None:
    people, profiles, messaging = sources
    once = build(people, profiles, messaging)
    twice = build(people * 2, profiles[::-1] * 2, messaging * 3)
    everything = [*people, *(one for pair in [*profiles, *messaging] for one in pair)]
    assert owner(twice, *everything) == owner(once, *everything)
    assert len(twice) == len(once)
    assert twice.contradictory_references == 0


@settings(max_examples=60, deadline=None)
@given(sound_sources(), st.data())
def test_an_id_that_another_person_claims_too_is_nobodys_and_the_only_one(
    sources: tuple[list[str], Pairs, Pairs], data: st.DataObject
) -> None:
    people, profiles, messaging = sources
    people = [*people, "auth999"]
    claimed = data.draw(st.sampled_from([*people[:-1], *(pair[0] for pair in profiles)]))
    identity = build(people, [*profiles, (claimed, "auth999")], messaging)
    assert owner(identity, claimed) == [None]
    assert set(identity.contradictions["reference"]) >= {claimed}
    # Whoever hangs on the contested id alone is in doubt with it; all others are as before.
    doubtful = {claimed} | {pair[0] for pair in messaging if pair[1] == claimed}
    others = [one for pair in [*profiles, *messaging] for one in pair if one not in doubtful]
    assert owner(identity, *others) == owner(build(*sources), *others)
    assert owner(identity, *sorted(doubtful)) == [None] * len(doubtful)


def test_a_messaging_id_that_is_a_strangers_profile_id_is_nobodys() -> None:
    identity = build(["auth1"], [], [("both", "auth1"), ("messaging2", "both")])
    assert owner(identity, "both", "messaging2", "auth1") == [None, None, "auth1"]
    assert identity.contradictory_references == 1
