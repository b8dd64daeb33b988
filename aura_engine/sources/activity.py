"""From the sources' aggregates to one row a person, before any KPI is computed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

import pandas as pd

from aura_engine.sources.frames import among, utc
from aura_engine.sources.identity import IdentityMap, TableTally, UnresolvedReport

ACTIVITY_COLUMNS: Final = (
    "account_created_at",
    "has_social_profile",
    "followers",
    "following",
    "last_activity_at",
    "messages",
    "night_messages",
    "bio_blank",
    "has_complete_profile",
    "community_categories",
    "is_active",
    "birth_date",
    "location",
)
MEMBERSHIP_COLUMNS: Final = ("user_id_raiz", "community_id", "category")


@dataclass(frozen=True, slots=True)
class Aggregates:
    """Results of the queries of the same names, as read from the sources."""

    accounts: pd.DataFrame
    outsiders: pd.DataFrame
    profiles: pd.DataFrame
    complete_profiles: pd.DataFrame
    follow_relations: pd.DataFrame
    posts: pd.DataFrame
    comments: pd.DataFrame
    memberships: pd.DataFrame
    messaging_users: pd.DataFrame
    messages: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Extraction:
    """What the sources say about everyone at one moment, without texts.

    Attributes
    ----------
    activity : DataFrame
        One row a person of the population, index ``user_id_raiz`` in ascending order, columns
        ``ACTIVITY_COLUMNS``. ``followers`` and ``following`` are NaN without a social profile,
        times are NaT where nothing is known, ``birth_date`` and ``location`` None.
    memberships : DataFrame
        One row for each active community a person is in, columns ``MEMBERSHIP_COLUMNS``.
    identity : IdentityMap
        Resolves the references of texts and changes that are read later.
    unresolved : UnresolvedReport
        What belongs to nobody, for each table.
    """

    activity: pd.DataFrame
    memberships: pd.DataFrame
    identity: IdentityMap
    unresolved: UnresolvedReport


def assemble(found: Aggregates) -> Extraction:
    """Resolve every reference and join the aggregates; several aliases of one person add up.

    Counts of aliases are summed and times are maxima. Only counterparts of a follow relation are
    distinct within an alias: a friend stored under two aliases counts twice.
    """
    identity = IdentityMap.build(
        population=found.accounts["user_id"],
        outsiders=found.outsiders["user_id"],
        profiles=found.profiles,
        messaging=found.messaging_users,
    )
    tallies: dict[str, TableTally] = {}

    def resolved(table: str, rows: pd.DataFrame, reference: str = "user_ref") -> pd.DataFrame:
        tallies[table] = identity.tally(rows[reference], rows.get("row_count"))
        return rows.assign(user_id_raiz=identity.resolve(rows[reference])).dropna(
            subset=["user_id_raiz"]
        )

    profiles = resolved("social.user_profiles", found.profiles)
    profiles = profiles[profiles["exists_at"].astype(bool)]
    complete = resolved("social.complete_profiles", found.complete_profiles)
    relations = resolved("social.friendships", found.follow_relations)
    posts = resolved("social.posts", found.posts)
    comments = resolved("social.comments", found.comments)
    messaging_users = resolved("messaging.users", found.messaging_users, "profile_id")
    messages = resolved("messaging.messages", found.messages)
    memberships = _memberships(resolved("social.community_members", found.memberships))

    accounts = found.accounts.set_index("user_id").sort_index()
    people = pd.Index(accounts.index.astype("str"), name="user_id_raiz")

    def having(roots: pd.Index) -> pd.Series:
        return among(people.to_series(), roots)

    profile = profiles.groupby("user_id_raiz").agg(
        bio_blank=("bio_blank", "min"),
        followers_count=("followers_count", "max"),
        following_count=("following_count", "max"),
        birth_date=("birth_date", "first"),
        location=("location", "first"),
    )
    has_profile = having(profile.index)
    profile = profile.reindex(people)
    related = relations.groupby("user_id_raiz")[["followers", "following"]].sum()
    related = related.reindex(people, fill_value=0)
    sent = messages.groupby("user_id_raiz")[["messages", "night_messages"]].sum()
    sent = sent.reindex(people, fill_value=0).astype("int64")
    categories = memberships.groupby("user_id_raiz")["category"].nunique()
    inactive = pd.concat(
        [
            rows.loc[~rows["is_active"].astype(bool), "user_id_raiz"]
            for rows in (profiles, messaging_users)
        ]
    )

    def counted(counter: str, relation: str) -> pd.Series:
        live = pd.concat([profile[counter].astype(float), related[relation].astype(float)], axis=1)
        return live.max(axis=1).where(has_profile)

    activity = pd.DataFrame(
        {
            "account_created_at": utc(accounts["created_at"]).set_axis(people),
            "has_social_profile": has_profile,
            "followers": counted("followers_count", "followers"),
            "following": counted("following_count", "following"),
            "last_activity_at": _latest(
                people,
                (profiles, "last_active_at"),
                (messaging_users, "last_seen_at"),
                (posts, "newest"),
                (comments, "newest"),
                (messages, "newest"),
            ),
            "messages": sent["messages"],
            "night_messages": sent["night_messages"],
            "bio_blank": profile["bio_blank"].astype(object).where(has_profile, True).astype(bool),
            "has_complete_profile": having(pd.Index(complete["user_id_raiz"].unique())),
            "community_categories": categories.reindex(people, fill_value=0).astype("int64"),
            "is_active": ~having(pd.Index(inactive.unique())),
            "birth_date": _none_for_missing(profile["birth_date"]),
            "location": _none_for_missing(profile["location"]),
        },
        index=people,
    )
    unresolved = UnresolvedReport(tallies, identity.contradictory_references)
    return Extraction(activity, memberships, identity, unresolved)


def plain_category(category: str) -> str:
    """Return a community's category without accents, since two models spell it differently."""
    decomposed = unicodedata.normalize("NFD", category)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def _memberships(rows: pd.DataFrame) -> pd.DataFrame:
    spelled = {category: plain_category(category) for category in rows["category"].unique()}
    return (
        rows.assign(category=rows["category"].map(spelled))[list(MEMBERSHIP_COLUMNS)]
        .astype("str")
        .drop_duplicates()
        .sort_values(["user_id_raiz", "community_id"], ignore_index=True)
    )


def _latest(people: pd.Index, *evidence: tuple[pd.DataFrame, str]) -> pd.Series:
    seen = pd.concat(
        [
            pd.DataFrame({"user_id_raiz": rows["user_id_raiz"], "at": utc(rows[column])})
            for rows, column in evidence
        ]
    )
    return seen.groupby("user_id_raiz")["at"].max().reindex(people)


def _none_for_missing(values: pd.Series) -> pd.Series:
    return values.astype(object).where(values.notna(), None)
