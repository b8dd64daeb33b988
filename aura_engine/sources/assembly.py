"""Adds up what the sources' tables say about each person, in whichever pieces they arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from aura_engine.sources.frames import find, sortable, utc
from aura_engine.sources.identity import IdentityMap, ReferenceCounter, UnresolvedReport
from aura_engine.sources.memberships import MembershipList

_TABLES: Final = {
    "profiles": "social.user_profiles",
    "complete_profiles": "social.complete_profiles",
    "follow_relations": "social.friendships",
    "posts": "social.posts",
    "comments": "social.comments",
    "memberships": "social.community_members",
    "messaging_users": "messaging.users",
    "messages": "messaging.messages",
}
"""The table behind each query whose rows are taken."""
_ACTIVE_SOURCES: Final = ("social", "messaging")
"""Sources that tell when someone was last active, and whether they still are."""
_NEVER: Final = np.iinfo(np.int64).min
"""What NumPy keeps for a time that is not known; less than every other."""

People = npt.NDArray[np.int32]


class Assembly:
    """One row a person, filled from pieces of the tables; several threads may bring them.

    Several aliases of one person add up: counts are summed and times are maxima. Only counterparts
    of a follow relation are distinct within an alias: a friend stored under two aliases counts
    twice.

    Parameters
    ----------
    identity : IdentityMap
        Resolves every reference.
    accounts : DataFrame
        Columns user_id and created_at.
    """

    def __init__(self, identity: IdentityMap, accounts: pd.DataFrame) -> None:
        self._people = identity.people
        self._counters = {query: ReferenceCounter(identity) for query in _TABLES}
        self._contradictory = identity.contradictory_references
        self._lock = Lock()
        n = len(self._people)
        self._created = np.full(n, _NEVER)
        ids = sortable(self._people.to_series())
        self._created[find(ids, sortable(accounts["user_id"]))] = _microseconds(
            accounts["created_at"]
        )
        self._newest = {source: np.full(n, _NEVER) for source in _ACTIVE_SOURCES}
        self._inactive = {source: np.zeros(n, dtype=bool) for source in _ACTIVE_SOURCES}
        self._counts = {
            name: np.zeros(n, dtype=np.int64)
            for name in ("followers", "following", "messages", "night_messages")
        }
        self._profile_counts = {
            name: np.full(n, np.nan) for name in ("followers_count", "following_count")
        }
        self._flags = {
            name: np.zeros(n, dtype=bool) for name in ("profile", "complete", "bio_filled")
        }
        self._facts = {name: np.full(n, None, dtype=object) for name in ("birth_date", "location")}
        self._known_facts: dict[Any, Any] = {}
        self._memberships = MembershipList()

    def take(self, query: str, rows: pd.DataFrame) -> None:
        """Add a piece of what a query gave.

        Parameters
        ----------
        query : str
            Name of the query; messaging's ``users`` are ``messaging_users``.
        rows : DataFrame
            Rows with the query's columns.
        """
        reference = "profile_id" if query == "messaging_users" else "user_ref"
        add: Mapping[str, Callable[[People, pd.DataFrame], None]] = {
            "profiles": self._profiles,
            "complete_profiles": self._complete_profiles,
            "follow_relations": self._follow_relations,
            "posts": self._writings,
            "comments": self._writings,
            "memberships": self._memberships.add,
            "messaging_users": self._messaging_users,
            "messages": self._messages,
        }
        with self._lock:
            people = self._counters[query].add(rows[reference], rows.get("row_count"))
            mine = people >= 0
            add[query](people[mine], rows[mine])

    def _profiles(self, people: People, rows: pd.DataFrame) -> None:
        existing = rows["exists_at"].to_numpy(bool)
        people, rows = people[existing], rows[existing]
        self._flags["profile"][people] = True
        self._flags["bio_filled"][people[~rows["bio_blank"].to_numpy(bool)]] = True
        self._note_inactive("social", people, rows)
        self._note_times("social", people, rows["last_active_at"])
        for name, counts in self._profile_counts.items():
            np.fmax.at(counts, people, rows[name].to_numpy(np.float64))
        for name, facts in self._facts.items():
            for person, fact in zip(people.tolist(), rows[name], strict=True):
                if facts[person] is None and not pd.isna(fact):
                    facts[person] = self._known_facts.setdefault(fact, fact)

    def _complete_profiles(self, people: People, _rows: pd.DataFrame) -> None:
        self._flags["complete"][people] = True

    def _follow_relations(self, people: People, rows: pd.DataFrame) -> None:
        self._add(people, rows, "followers", "following")

    def _writings(self, people: People, rows: pd.DataFrame) -> None:
        self._note_times("social", people, rows["newest"])

    def _messaging_users(self, people: People, rows: pd.DataFrame) -> None:
        self._note_inactive("messaging", people, rows)
        self._note_times("messaging", people, rows["last_seen_at"])

    def _messages(self, people: People, rows: pd.DataFrame) -> None:
        self._add(people, rows, "messages", "night_messages")
        self._note_times("messaging", people, rows["newest"])

    def _add(self, people: People, rows: pd.DataFrame, *names: str) -> None:
        for name in names:
            np.add.at(self._counts[name], people, rows[name].to_numpy(np.int64))

    def _note_inactive(self, source: str, people: People, rows: pd.DataFrame) -> None:
        self._inactive[source][people[~rows["is_active"].to_numpy(bool)]] = True

    def _note_times(self, source: str, people: People, times: pd.Series) -> None:
        np.maximum.at(self._newest[source], people, _microseconds(times))

    def activity(self) -> pd.DataFrame:
        """Return one row a person, ascending; see `Extraction.activity`."""
        has_profile = self._flags["profile"]

        def counted(counter: str, relation: str) -> npt.NDArray[np.float64]:
            live = np.fmax(self._profile_counts[counter], self._counts[relation])
            return np.where(has_profile, live, np.nan)

        return pd.DataFrame(
            {
                "account_created_at": _times(self._created),
                "has_social_profile": has_profile,
                "followers": counted("followers_count", "followers"),
                "following": counted("following_count", "following"),
                "last_activity_at": _times(np.maximum(*self._newest.values())),
                "messages": self._counts["messages"],
                "night_messages": self._counts["night_messages"],
                "bio_blank": ~self._flags["bio_filled"],
                "has_complete_profile": self._flags["complete"],
                "community_categories": self._memberships.categories(len(self._people)),
                "is_active": ~np.logical_or(*self._inactive.values()),
                **{f"{source}_active_at": _times(at) for source, at in self._newest.items()},
                **{f"{source}_is_active": ~gone for source, gone in self._inactive.items()},
                **{
                    name: pd.Series(facts, index=self._people, dtype=object)
                    for name, facts in self._facts.items()
                },
            },
            index=self._people,
        )

    def memberships(self) -> pd.DataFrame:
        """Return one row for each active community a person is in."""
        return self._memberships.table(self._people)

    def unresolved(self) -> UnresolvedReport:
        """Return what belonged to nobody, for each table."""
        tallies = {table: self._counters[query].tally() for query, table in _TABLES.items()}
        return UnresolvedReport(tallies, self._contradictory)


def _microseconds(times: pd.Series) -> npt.NDArray[np.int64]:
    told: npt.NDArray[np.int64] = (
        utc(times).dt.tz_localize(None).to_numpy("datetime64[us]").astype(np.int64)
    )
    return told


def _times(microseconds: npt.NDArray[np.int64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(microseconds.view("datetime64[us]")).tz_localize("UTC")
