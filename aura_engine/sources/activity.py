"""From the sources' aggregates to one row a person, before any KPI is computed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import pandas as pd

from aura_engine.sources.assembly import Assembly
from aura_engine.sources.identity import IdentityMap, UnresolvedReport

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
    "social_active_at",
    "messaging_active_at",
    "social_is_active",
    "messaging_is_active",
    "birth_date",
    "location",
)


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
    """Resolve every reference and join the aggregates; see `Assembly` for how aliases add up."""
    identity = identify(found.accounts, found.outsiders, found.profiles, found.messaging_users)
    assembly = Assembly(identity, found.accounts)
    for field in fields(found)[2:]:  # all but accounts and outsiders, which it has already
        assembly.take(field.name, getattr(found, field.name))
    return extraction(identity, assembly)


def identify(
    accounts: pd.DataFrame,
    outsiders: pd.DataFrame,
    profiles: pd.DataFrame,
    messaging_users: pd.DataFrame,
) -> IdentityMap:
    """Build the identity map from the queries that claim references.

    Parameters
    ----------
    accounts, outsiders, profiles, messaging_users : DataFrame
        As in `Aggregates`.
    """
    return IdentityMap.build(
        population=accounts["user_id"],
        outsiders=outsiders["user_id"],
        profiles=profiles,
        messaging=messaging_users,
    )


def extraction(identity: IdentityMap, assembly: Assembly) -> Extraction:
    """Return what an assembly holds once every piece was taken."""
    return Extraction(assembly.activity(), assembly.memberships(), identity, assembly.unresolved())
