"""The sources' tables in memory, with the answers that their aggregate queries give.

A test holds these answers against the queries' own on the same rows, so that an evaluation speaks
of what a run would see, without a database server.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from aura_engine.demo.journal import Batch
from aura_engine.demo.population import SliceRows
from aura_engine.demo.profiles import USER_ROLE
from aura_engine.domain import NIGHT_HOURS
from aura_engine.sources.activity import Aggregates

_KEPT: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {
    ("auth", "users"): {"user_id": None, "id_role": None, "created_at": None},
    ("social", "user_profiles"): {
        "id": None, "user_id": None, "bio": None, "location": None, "birth_date": None,
        "is_active": True, "created_at": None, "last_active_at": np.datetime64("NaT", "ms"),
    },
    ("social", "complete_profiles"): {"user_id": None, "created_at": None},
    ("social", "friendships"): {
        "requester_id": None, "addressee_id": None, "status": None, "created_at": None,
    },
    ("social", "communities"): {"id": None, "category": None, "is_active": True},
    ("social", "community_members"): {
        "id": None, "community_id": None, "user_id": None, "joined_at": None,
    },
    ("social", "posts"): {
        "id": None, "user_id": None, "content": None, "is_active": True, "created_at": None,
    },
    ("social", "comments"): {
        "id": None, "user_id": None, "content": None, "is_active": True, "created_at": None,
    },
    ("messaging", "users"): {
        "id": None, "profile_id": None, "is_active": True, "last_seen_at": None,
    },
    ("messaging", "messages"): {
        "id": None, "sender_profile_id": None, "content": None, "message_type": "text",
        "is_deleted": False, "created_at": None,
    },
}  # fmt: skip
"""Columns that the aggregates need, and what a column holds that a row does not name."""
_TEXTS: Final = (("social", "posts"), ("social", "comments"), ("messaging", "messages"))
_NEVER: Final = pd.Timestamp(0)


class SourceTables:
    """The three sources, filled slice by slice.

    Parameters
    ----------
    negativity : Mapping of str to float
        P(negative), 0-1, of every text that people may write.
    zone : ZoneInfo
        The population's, which says what is night.
    """

    def __init__(self, negativity: Mapping[str, float], zone: ZoneInfo) -> None:
        self._negativity = negativity
        self._zone = zone
        self._tables: dict[tuple[str, str], pd.DataFrame] = {}

    def apply(self, rows: SliceRows) -> None:
        """Take over what came to be and changed in a slice; slices follow one another in time."""
        for batch in rows.inserts:
            if (batch.database, batch.table) in _KEPT:
                self._insert(batch)
        for batch in rows.updates:  # updates stand before deletions
            if (batch.database, batch.table) in _KEPT:
                self._change(batch)

    def aggregates(self, *, since: datetime) -> Aggregates:
        """Return what the queries of the same names in ``sql/queries`` would give.

        Parameters
        ----------
        since : datetime
            Zone-aware; the window begins after it and ends with what was applied last.
        """
        users = self._of("auth", "users")
        is_user = users["id_role"] == USER_ROLE
        profiles = self._of("social", "user_profiles")
        members = self._of("social", "community_members").merge(
            self._of("social", "communities"), left_on="community_id", right_on="id"
        )
        members = members[members["is_active"]]
        complete = self._of("social", "complete_profiles").groupby("user_id").size()
        messaging_users = self._of("messaging", "users")
        return Aggregates(
            accounts=users.loc[is_user, ["user_id", "created_at"]].reset_index(drop=True),
            outsiders=users.loc[~is_user, ["user_id"]].reset_index(drop=True),
            profiles=pd.DataFrame(
                {
                    "profile_id": profiles["id"],
                    "user_ref": profiles["user_id"],
                    "exists_at": True,
                    "bio_blank": ~profiles["bio"].map(_has_words),
                    "followers_count": 0,
                    "following_count": 0,
                    "is_active": profiles["is_active"].astype(bool),
                    "last_active_at": profiles["last_active_at"],
                    "birth_date": profiles["birth_date"],
                    "location": profiles["location"],
                }
            ),
            complete_profiles=complete.rename_axis("user_ref").rename("row_count").reset_index(),
            follow_relations=_relations(self._of("social", "friendships")),
            posts=_newest(self._of("social", "posts")),
            comments=_newest(self._of("social", "comments")),
            memberships=members[["user_id", "community_id", "category"]].rename(
                columns={"user_id": "user_ref"}
            ),
            messaging_users=pd.DataFrame(
                {
                    "messaging_id": messaging_users["id"],
                    "profile_id": messaging_users["profile_id"],
                    "is_active": messaging_users["is_active"].astype(bool),
                    "last_seen_at": messaging_users["last_seen_at"],
                }
            ),
            messages=self._messages(since),
        )

    def negativity(self, *, since: datetime) -> pd.DataFrame:
        """Return texts, negativity_sum and negativity_sumsq by user_ref, of texts past `since`."""
        written = []
        for key in _TEXTS:
            table = self._of(*key)
            counts = table["score"].notna() & (table["created_at"] > _naive(since))
            counts &= ~table["is_deleted"] if "is_deleted" in table else table["is_active"]
            written.append(table.loc[counts, ["user_ref", "score"]])
        scores = pd.concat(written, ignore_index=True)
        scores["squared"] = scores["score"] ** 2
        sums = scores.groupby("user_ref").agg(
            texts=("score", "size"),
            negativity_sum=("score", "sum"),
            negativity_sumsq=("squared", "sum"),
        )
        return sums.reset_index()

    def _messages(self, since: datetime) -> pd.DataFrame:
        sent = self._of("messaging", "messages")
        sent = sent[sent["message_type"] != "system"]
        counts = (sent["created_at"] > _naive(since)) & ~sent["is_deleted"]
        grouped = sent.assign(counts=counts, night=counts & sent["at_night"]).groupby("user_ref")
        return grouped.agg(
            row_count=("counts", "size"),
            messages=("counts", "sum"),
            night_messages=("night", "sum"),
            newest=("created_at", "max"),
        ).reset_index()

    def _of(self, database: str, table: str) -> pd.DataFrame:
        empty = pd.DataFrame(columns=[*_KEPT[database, table]])
        return self._tables.get((database, table), empty)

    def _insert(self, batch: Batch) -> None:
        key = (batch.database, batch.table)
        rows = pd.DataFrame(
            {name: batch.columns.get(name, default) for name, default in _KEPT[key].items()}
        )
        if key in _TEXTS:
            rows = self._read(rows)
        held = self._tables.get(key)
        self._tables[key] = rows if held is None else pd.concat([held, rows], ignore_index=True)

    def _read(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Put a score in the place of words, as a run does; media and blank texts have none."""
        score = rows["content"].map(self._negativity).astype(np.float64)
        if "message_type" in rows:
            score = score.where(rows["message_type"] == "text")
        sender = "sender_profile_id" if "sender_profile_id" in rows else "user_id"
        local = rows["created_at"].dt.tz_localize("UTC").dt.tz_convert(self._zone)
        return rows.drop(columns="content").assign(
            score=score, user_ref=rows[sender], at_night=local.dt.hour.between(*NIGHT_HOURS)
        )

    def _change(self, batch: Batch) -> None:
        key = (batch.database, batch.table)
        table = self._tables[key]
        names = list(batch.key)
        last = pd.DataFrame(dict(batch.columns)).drop_duplicates(names, keep="last")
        concerned = np.flatnonzero(table[names[0]].isin(last[names[0]]))
        places = pd.MultiIndex.from_frame(table.iloc[concerned][names]).get_indexer(
            pd.MultiIndex.from_frame(last[names])
        )
        there = places >= 0
        rows = table.index[concerned[places[there]]]
        if batch.operation == "delete":
            self._tables[key] = table.drop(index=rows).reset_index(drop=True)
            return
        for name in last.columns.intersection(table.columns).difference(names):
            table.loc[rows, name] = last.loc[there, name].to_numpy()


def _naive(moment: datetime) -> pd.Timestamp:
    return pd.Timestamp(moment).tz_convert("UTC").tz_localize(None)


def _has_words(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _newest(written: pd.DataFrame) -> pd.DataFrame:
    grouped = written.groupby("user_ref")["created_at"].agg(["size", "max"]).reset_index()
    return grouped.rename(columns={"size": "row_count", "max": "newest"})


def _relations(friendships: pd.DataFrame) -> pd.DataFrame:
    live = friendships["status"].isin(["pending", "accepted"])
    accepted = friendships["status"] == "accepted"
    ends = pd.concat(
        [
            pd.DataFrame({"user_ref": a, "counterpart": b, "follows": f, "followed": g})
            for a, b, f, g in (
                (friendships["requester_id"], friendships["addressee_id"], live, accepted),
                (friendships["addressee_id"], friendships["requester_id"], False, live),
            )
        ]
    )
    ends = ends[ends["user_ref"] != ends["counterpart"]]
    pairs = ends.groupby(["user_ref", "counterpart"]).agg(
        row_count=("follows", "size"), follows=("follows", "any"), followed=("followed", "any")
    )
    return (
        pairs.groupby("user_ref")
        .agg(
            row_count=("row_count", "sum"),
            following=("follows", "sum"),
            followers=("followed", "sum"),
        )
        .reset_index()
    )
