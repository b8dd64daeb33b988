"""What the sources say about a few people, by the very queries that read everyone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from aura_engine.copying import read_few, read_table
from aura_engine.sources.activity import identify
from aura_engine.sources.assembly import Assembly
from aura_engine.sources.connections import Source, Sources
from aura_engine.sources.extract import COUNTS, query_parameters
from aura_engine.sources.identity import IdentityMap
from aura_engine.sql import load_queries

_OWN_ROWS: Final = {Source.SOCIAL: ("profiles",), Source.MESSAGING: ("users",)}
_TAKEN_AS: Final = {"users": "messaging_users"}
_NO_ACCOUNTS: Final = pd.DataFrame(
    {"user_id": pd.Series([], dtype="str"), "created_at": pd.Series([], dtype="object")}
)


@dataclass(frozen=True, slots=True)
class Identified:
    """Whom some references mean.

    Attributes
    ----------
    identity : IdentityMap
        Of everyone whose references are connected with the given ones, as a map of the whole
        population has them.
    accounts : DataFrame
        Columns user_id and created_at of those who belong to the population.
    """

    identity: IdentityMap
    accounts: pd.DataFrame


@dataclass(frozen=True, slots=True)
class PeopleRead:
    """What some sources say of some people; see `aura_engine.sources.Extraction`.

    Attributes
    ----------
    activity : DataFrame
        Only what comes from the sources that were read of a person means anything.
    memberships : DataFrame
        Of those whose aura_social was read.
    """

    activity: pd.DataFrame
    memberships: pd.DataFrame


def identify_people(
    sources: Sources, references: Collection[str], *, as_of: datetime, timezone: str
) -> Identified:
    """Find out whom references mean, following every row that joins one with another.

    What a reference means depends only on the rows that it is connected with, so that this agrees
    with the map of everybody.

    Parameters
    ----------
    sources : Sources
        The three sources.
    references : collection of str
        Of any kind.
    as_of : datetime
        Later accounts are nobody's yet.
    timezone : str
        As of `extract_activity`.

    Raises
    ------
    SourceError
        If one of the sources cannot be read.
    """
    known = set(references)
    while True:
        parameters = query_parameters(
            as_of=as_of, window_days=1, timezone=timezone, only=sorted(known)
        )
        profiles = _read(sources, Source.SOCIAL, "profiles", parameters)
        users = _read(sources, Source.MESSAGING, "users", parameters)
        found = {
            *profiles["profile_id"],
            *profiles["user_ref"],
            *users["messaging_id"],
            *users["profile_id"],
        }
        if found <= known:
            break
        known |= found
    accounts = _read(sources, Source.AUTH, "accounts", parameters)
    outsiders = _read(sources, Source.AUTH, "outsiders", parameters)
    return Identified(identify(accounts, outsiders, profiles, users), accounts)


def account_ids(sources: Sources, *, as_of: datetime) -> pd.Index[Any]:
    """Return the root id of everyone who has an account; aura_auth alone is asked.

    Parameters
    ----------
    sources : Sources
        The three sources.
    as_of : datetime
        Later accounts are nobody's yet.

    Raises
    ------
    SourceError
        If aura_auth cannot be read.
    """
    with sources.reading(Source.AUTH) as connection:
        query = load_queries(Source.AUTH.value)["accounts"]
        found = read_table(connection, query, {"as_of": as_of, "only": None})
    return pd.Index(found["user_id"])


def _read(
    sources: Sources, source: Source, query: str, parameters: Mapping[str, object]
) -> pd.DataFrame:
    with sources.reading(source) as connection:
        return read_few(connection, load_queries(source.value)[query], parameters)


def moved_senders(
    sources: Sources, *, former_as_of: datetime, as_of: datetime, window_days: int
) -> list[str]:
    """Return the references whose counts of messages moved because time passed.

    Parameters
    ----------
    sources : Sources
        The three sources.
    former_as_of, as_of : datetime
        For when they were counted last, and are to be counted now.
    window_days : int
        Days that counts look back.

    Raises
    ------
    SourceError
        If aura_messaging cannot be read.
    """
    window = timedelta(days=window_days)
    parameters = {
        "former_as_of": former_as_of,
        "former_since": former_as_of - window,
        "as_of": as_of,
        "since": as_of - window,
    }
    return list(_read(sources, Source.MESSAGING, "moved_senders", parameters)["user_ref"])


def read_people(
    sources: Sources,
    identity: IdentityMap,
    who: Mapping[Source, Collection[str]],
    *,
    accounts: pd.DataFrame = _NO_ACCOUNTS,
    as_of: datetime,
    window_days: int,
    timezone: str,
) -> PeopleRead:
    """Read what aura_social and aura_messaging say of a few people.

    Parameters
    ----------
    sources : Sources
        The three sources.
    identity : IdentityMap
        Resolves every reference of these people.
    who : mapping of Source to collection of str
        Root ids of the people to read, for each source that is asked.
    accounts : DataFrame, optional
        As of `Identified`; where not given, account dates are not known.
    as_of, window_days, timezone
        As of `extract_activity`.

    Raises
    ------
    SourceError
        If a source that is asked cannot be read.
    """
    assembly = Assembly(identity, accounts)
    pairs = identity.pairs()
    for source in (Source.SOCIAL, Source.MESSAGING):
        people = who.get(source, ())
        if not people:
            continue
        only = pairs.loc[pairs["user_id_raiz"].isin(list(people)), "reference"]
        parameters = query_parameters(
            as_of=as_of, window_days=window_days, timezone=timezone, only=list(only)
        )
        queries = load_queries(source.value)
        with sources.reading(source) as connection:
            for name in (*_OWN_ROWS[source], *COUNTS[source]):
                rows = read_few(connection, queries[name], parameters)
                assembly.take(_TAKEN_AS.get(name, name), rows)
    return PeopleRead(assembly.activity(), assembly.memberships())
