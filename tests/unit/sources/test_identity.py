"""The identity map: every kind of id finds its person, and nothing is guessed."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_engine.sources import IdentityMap, TableTally, UnresolvedReport

ANA, BETO, BOSS, GONE = "auth-ana", "auth-beto", "auth-boss", "auth-gone"


def build(
    population: list[str],
    outsiders: list[str] | None = None,
    profiles: list[tuple[str, str]] | None = None,
    messaging: list[tuple[str, str]] | None = None,
) -> IdentityMap:
    return IdentityMap.build(
        population=pd.Series(population, dtype="str"),
        outsiders=pd.Series(outsiders or [], dtype="str"),
        profiles=pd.DataFrame(profiles or [], columns=["profile_id", "user_ref"]),
        messaging=pd.DataFrame(messaging or [], columns=["messaging_id", "profile_id"]),
    )


def resolve(identity: IdentityMap, *references: str | None) -> list[str | None]:
    found = identity.resolve(pd.Series(list(references), dtype="str"))
    return [None if pd.isna(root) else root for root in found]


def usual() -> IdentityMap:
    return build(
        [ANA, BETO],
        [BOSS],
        [("profile-ana", ANA), ("profile-boss", BOSS), ("profile-gone", GONE)],
        [
            ("messaging-ana", "profile-ana"),
            ("messaging-beto", BETO),
            ("messaging-boss", "profile-boss"),
            ("messaging-gone", "profile-gone"),
        ],
    )


def test_each_of_the_four_ids_finds_its_person() -> None:
    found = resolve(
        usual(), ANA, "profile-ana", "messaging-ana", BETO, "messaging-beto", "profile-ana"
    )
    assert found == [ANA, ANA, ANA, BETO, BETO, ANA]


def test_the_index_of_the_references_is_kept() -> None:
    references = pd.Series(["profile-ana", "unknown"], index=[7, 3])
    found = usual().resolve(references)
    assert list(found.index) == [7, 3]
    assert found.name == "user_id_raiz"
    assert found.loc[7] == ANA
    assert pd.isna(found.loc[3])


def test_staff_deleted_accounts_strangers_and_no_reference_are_nobody() -> None:
    found = resolve(
        usual(), BOSS, "profile-boss", "messaging-boss", GONE, "profile-gone", "stranger", None
    )
    assert found == [None] * 7


def test_staff_are_known_and_do_not_count_as_unresolved() -> None:
    references = pd.Series([ANA, BOSS, "profile-boss", "profile-gone", "stranger", "stranger"])
    tally = usual().tally(references, pd.Series([10, 20, 30, 4, 5, 6]))
    assert tally == TableTally(
        references=5,
        rows=75,
        unresolved_references=2,
        unresolved_rows=15,
    )


def test_a_row_without_reference_is_counted_as_unresolved() -> None:
    tally = usual().tally(pd.Series([ANA, None], dtype="str"))
    assert (tally.unresolved_references, tally.unresolved_rows) == (1, 1)


def test_a_reference_that_two_people_claim_is_nobodys_and_is_reported() -> None:
    identity = build([ANA, BETO], profiles=[(BETO, ANA), ("profile-beto", BETO)])
    assert resolve(identity, BETO, "profile-beto", ANA) == [None, BETO, ANA]
    assert identity.contradictory_references == 1
    assert identity.contradictions.to_numpy().tolist() == [[BETO, ANA], [BETO, BETO]]
    tally = identity.tally(pd.Series([BETO, ANA]), pd.Series([3, 2]))
    assert (tally.contradictory_references, tally.contradictory_rows) == (1, 3)
    assert tally.unresolved_rows == 0


def test_a_claim_of_a_deleted_account_is_a_contradiction_too() -> None:
    identity = build([ANA], profiles=[(ANA, GONE)])
    assert resolve(identity, ANA) == [None]
    assert identity.contradictory_references == 1


def test_what_hangs_on_a_contradictory_reference_is_not_guessed() -> None:
    identity = build([ANA, BETO], profiles=[(BETO, ANA)], messaging=[("messaging-x", BETO)])
    assert resolve(identity, "messaging-x") == [None]


def test_a_messaging_id_that_is_another_persons_account_belongs_to_neither() -> None:
    identity = build([ANA, BETO], messaging=[(ANA, BETO)])
    assert resolve(identity, ANA, BETO) == [None, BETO]


def test_two_messaging_accounts_of_one_person_do_not_contradict() -> None:
    identity = build([ANA], profiles=[("p", ANA)], messaging=[("m1", "p"), ("m2", ANA)])
    assert resolve(identity, "m1", "m2", "p", ANA) == [ANA] * 4
    assert identity.contradictory_references == 0


def test_an_empty_installation_resolves_nothing() -> None:
    identity = build([])
    assert len(identity) == 0
    assert resolve(identity, "anything", None) == [None, None]
    assert identity.resolve(pd.Series([], dtype="str")).empty


def test_the_report_is_plain_numbers_and_names_no_one() -> None:
    identity = usual()
    tally = identity.tally(pd.Series(["stranger", ANA]), pd.Series([4, 1]))
    report = UnresolvedReport({"social.posts": tally}, 0)
    assert report.rows == 4
    assert report.as_dict() == {
        "contradictory_references": 0,
        "tables": {
            "social.posts": {
                "references": 2,
                "rows": 5,
                "unresolved_references": 1,
                "unresolved_rows": 4,
                "contradictory_references": 0,
                "contradictory_rows": 0,
            }
        },
    }


# Few ids, so that collisions between kinds of ids are common.
ids = st.sampled_from([f"id{number}" for number in range(8)])
pairs = st.lists(st.tuples(ids, ids), max_size=6, unique_by=lambda pair: pair[0])


@st.composite
def installations(draw: st.DrawFn) -> dict[str, list[tuple[str, str]] | list[str]]:
    population = draw(st.lists(ids, unique=True, max_size=5))
    outsiders = draw(st.lists(ids, unique=True, max_size=3))
    return {
        "population": population,
        "outsiders": [one for one in outsiders if one not in population],
        "profiles": draw(pairs),
        "messaging": draw(pairs),
    }


@settings(max_examples=40, deadline=None)
@given(installations(), st.randoms(use_true_random=False))
def test_order_of_rows_never_matters_and_only_the_population_is_found(installation, random) -> None:
    identity = build(**installation)
    shuffled = {name: random.sample(rows, len(rows)) for name, rows in installation.items()}
    everything = [f"id{number}" for number in range(8)]
    found = resolve(identity, *everything)
    assert found == resolve(build(**shuffled), *everything)
    assert {root for root in found if root} <= set(installation["population"])
    for reference, root in zip(everything, found, strict=True):
        if root is not None and reference in installation["population"]:
            assert root == reference


@settings(max_examples=40, deadline=None)
@given(installations())
def test_every_reference_is_found_known_unresolved_or_contradictory(installation) -> None:
    identity = build(**installation)
    everything = pd.Series([f"id{number}" for number in range(8)])
    tally = identity.tally(everything)
    found = identity.resolve(everything).notna()
    missed = tally.unresolved_references + tally.contradictory_references
    assert tally.references == 8
    assert found.sum() + missed <= 8
    strangers = identity.tally(everything[found])
    assert strangers.unresolved_rows == strangers.contradictory_rows == 0
    contested = set(identity.contradictions["reference"])
    assert not contested & set(everything[found])


@settings(max_examples=40, deadline=None)
@given(installations())
def test_a_profile_alone_in_claiming_its_id_leads_to_its_account(installation) -> None:
    identity = build(**installation)
    claims: dict[str, set[str]] = {}
    accounts = installation["population"] + installation["outsiders"]
    for account in accounts:
        claims.setdefault(account, set()).add(account)
    for profile, owner in installation["profiles"]:
        claims.setdefault(profile, set()).add(owner)
    messaging_ids = {reference for pair in installation["messaging"] for reference in pair}
    for profile, owner in installation["profiles"]:
        if profile in messaging_ids or owner not in installation["population"]:
            continue
        expected = owner if len(claims[profile]) == 1 else None
        assert resolve(identity, profile) == [expected]
