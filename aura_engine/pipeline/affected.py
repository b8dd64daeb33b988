"""Whom changes in the sources concern, and what has to be read of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Engine

from aura_engine.errors import SourceError
from aura_engine.sources import IdentityMap, Source, Sources, TextSource
from aura_engine.sources.changes import Change
from aura_engine.sources.people import Identified, identify_people
from aura_engine.store.activity import references_of

_IDENTITY_TABLES: Final = {
    (Source.AUTH, "users"),
    (Source.SOCIAL, "user_profiles"),
    (Source.MESSAGING, "users"),
}
"""Tables whose rows say which references mean the same person."""
_TEXTS: Final = {
    "posts": TextSource.POST,
    "comments": TextSource.COMMENT,
    "messages": TextSource.MESSAGE,
}


@dataclass(frozen=True)
class Affected:
    """Whom a batch of changes concerns.

    Attributes
    ----------
    pairs : DataFrame
        Every reference of everyone concerned, and whom it means: reference, user_id_raiz.
    reidentified : set of str
        Root ids of those whose references were looked up in the sources, and may be new.
    accounts : DataFrame
        Theirs: user_id and created_at.
    left : list of str
        Root ids of people we hold who have no account any more.
    to_read : dict
        Root ids for each source that has to be read.
    texts : dict
        Root ids for each kind of text that may have changed.
    factors : dict
        By root id, which changes concern someone, in their order: ``source`` (a table) and
        ``action``.
    waiting : list of tuple of Change and str
        Changes that cannot be told before a source is back, and which.
    """

    pairs: pd.DataFrame
    reidentified: set[str]
    accounts: pd.DataFrame
    left: list[str]
    to_read: dict[Source, set[str]] = field(default_factory=lambda: defaultdict(set))
    texts: dict[TextSource, set[str]] = field(default_factory=lambda: defaultdict(set))
    factors: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    waiting: list[tuple[Change, str]] = field(default_factory=list)

    @property
    def people(self) -> list[str]:
        """Root ids of all who are to be scored, ascending."""
        concerned = self.reidentified.union(*self.to_read.values())
        return sorted(concerned - set(self.left))

    @property
    def identity(self) -> IdentityMap:
        """Resolves the references of everyone concerned."""
        return IdentityMap.known(self.pairs)


def affected(
    store: Engine,
    sources: Sources,
    changes: Sequence[Change],
    *,
    away: Collection[Source],
    as_of: datetime,
    timezone: str,
) -> Affected:
    """Find out whom changes concern.

    A reference that is known means whom it meant; one that is not, and whoever a table of
    identities names, is looked up in all three sources.

    Parameters
    ----------
    store : Engine
        The analytics database.
    sources : Sources
        The three sources.
    changes : sequence of Change
        In their order.
    away : collection of Source
        Sources that do not answer now.
    as_of, timezone
        As of `aura_engine.sources.people.identify_people`.
    """
    references = sorted({change.user_ref for change in changes})
    with store.connect() as connection:
        stored = references_of(connection, references)
    seeds = _to_look_up(changes, stored)
    found, waits_for = None, None
    if seeds:
        found, waits_for = _identified(sources, seeds, away, as_of, timezone)
    told = _told(stored, seeds, found)
    for change in changes:
        if waits_for is not None and change.user_ref in seeds:
            told.waiting.append((change, waits_for))
    _spread(told, changes)
    return told


def _to_look_up(changes: Sequence[Change], stored: pd.DataFrame) -> set[str]:
    """Return the references that are to be looked up, with all others of whom they mean."""
    known = set(stored["reference"])
    seeds = {
        change.user_ref
        for change in changes
        if change.user_ref not in known or (change.source, change.table) in _IDENTITY_TABLES
    }
    owners = stored.loc[stored["reference"].isin(seeds), "user_id_raiz"]
    return seeds | set(stored.loc[stored["user_id_raiz"].isin(owners), "reference"])


def _identified(
    sources: Sources,
    seeds: set[str],
    away: Collection[Source],
    as_of: datetime,
    timezone: str,
) -> tuple[Identified | None, str | None]:
    """Look references up; or say which source that waits for."""
    if away:
        return None, min(source.value for source in away)
    try:
        return identify_people(sources, seeds, as_of=as_of, timezone=timezone), None
    except SourceError as error:
        if error.source is None:
            raise
        return None, error.source


def _told(stored: pd.DataFrame, seeds: set[str], found: Identified | None) -> Affected:
    if found is None:
        kept = stored[~stored["reference"].isin(seeds)]
        nobody = pd.DataFrame({"user_id": [], "created_at": []}, dtype="object")
        return Affected(kept, set(), nobody, [])
    before = set(stored.loc[stored["reference"].isin(seeds), "user_id_raiz"])
    present = set(found.accounts["user_id"])
    pairs = found.identity.pairs()
    others = stored[~stored["user_id_raiz"].isin(before | present)]
    others = others[~others["reference"].isin(pairs["reference"])]
    return Affected(
        pd.concat([pairs, others], ignore_index=True),
        present,
        found.accounts,
        sorted(before - present),
    )


def _spread(told: Affected, changes: Sequence[Change]) -> None:
    """Say what is to be read of whom."""
    owners = told.pairs.set_index("reference")["user_id_raiz"].to_dict()
    for change in changes:
        person = owners.get(change.user_ref)
        if person is None:
            continue
        factor = {"source": change.table, "action": change.operation}
        if factor not in told.factors[person]:
            told.factors[person].append(factor)
        if person in told.reidentified:
            continue
        told.to_read[change.source].add(person)
        if change.table in _TEXTS:
            told.texts[_TEXTS[change.table]].add(person)
    if told.reidentified:
        for source in (Source.SOCIAL, Source.MESSAGING):
            told.to_read[source] |= told.reidentified
        for kind in TextSource:
            told.texts[kind] |= told.reidentified
