"""Who a reference means: one map for every kind of id that the sources write.

The sources name a person by four ids: the auth user id (the root id), ``user_profiles.id`` of
aura_social, and ``users.id`` and ``users.profile_id`` of aura_messaging, the last of which holds a
profile id or an auth user id. Which of them a column holds depends on the code that wrote it, so
every reference goes through the same map, and what it cannot tell is counted, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from aura_engine.sources.claims import CONTESTED, Claims, Roots, settle
from aura_engine.sources.frames import find, sortable

_OUTSIDER: Final = -1
_CONTRADICTORY: Final = -2
_UNRESOLVED: Final = -3


@dataclass(frozen=True, slots=True)
class TableTally:
    """How the references of one table were resolved.

    References are distinct values; rows are the table's rows that hold them. Unresolved ones mean
    no account; contradictory ones mean two. Staff and later accounts are neither: they are known.
    """

    references: int = 0
    rows: int = 0
    unresolved_references: int = 0
    unresolved_rows: int = 0
    contradictory_references: int = 0
    contradictory_rows: int = 0


@dataclass(frozen=True, slots=True)
class UnresolvedReport:
    """What resolved to nobody, for each table (``source.table``) that was read."""

    tables: dict[str, TableTally]
    contradictory_references: int
    """References that two people claim, wherever they occur or not."""

    @property
    def rows(self) -> int:
        """Rows of all tables that are nobody's, for either reason."""
        return sum(
            tally.unresolved_rows + tally.contradictory_rows for tally in self.tables.values()
        )

    def as_dict(self) -> dict[str, object]:
        """Return plain numbers for the run's record; it holds no reference."""
        return {
            "contradictory_references": self.contradictory_references,
            "tables": {
                name: {field: getattr(tally, field) for field in TableTally.__slots__}
                for name, tally in sorted(self.tables.items())
            },
        }


class IdentityMap:
    """From any reference to the root id of a person of the population.

    Build it with :meth:`build`. Two claims of one reference by different people make it nobody's.

    Attributes
    ----------
    people : Index of str
        Root ids of the population, ascending.
    contradictions : DataFrame
        Columns reference and root: what is claimed by several, and by whom.
    """

    def __init__(
        self,
        people: pd.Index,
        references: npt.NDArray[np.bytes_],
        owners: npt.NDArray[np.int32],
        contradictions: pd.DataFrame,
    ) -> None:
        self.people = people
        self.contradictions = contradictions
        self._references = references
        self._owners = owners

    @classmethod
    def build(
        cls,
        *,
        population: pd.Series,
        outsiders: pd.Series,
        profiles: pd.DataFrame,
        messaging: pd.DataFrame,
    ) -> Self:
        """Build the map from the claims of the three sources.

        Parameters
        ----------
        population : Series of str
            Auth user ids of the people of the population.
        outsiders : Series of str
            Auth user ids that are known but not in the population (staff, later accounts).
        profiles : DataFrame
            ``profile_id`` and ``user_ref`` (auth user id) of ``user_profiles``.
        messaging : DataFrame
            ``messaging_id`` and ``profile_id`` of messaging's ``users``.
        """
        users, senders = sortable(profiles["user_ref"]), sortable(messaging["profile_id"])
        roots = Roots(sortable(population), sortable(outsiders), users, senders)
        claims = Claims(roots.accounts, np.arange(len(roots.accounts), dtype=np.int32))
        claims = claims.join(
            Claims.made(sortable(profiles["profile_id"]), roots.of_accounts(users))
        )
        claimed, owners = settle(claims).lookup(senders)
        in_doubt = claimed & (owners == CONTESTED)
        owners = np.where(owners >= 0, owners, roots.of_strangers(senders))
        claims = claims.join(Claims.made(sortable(messaging["messaging_id"]), owners))
        claims = claims.join(Claims.made(senders[~in_doubt], owners[~in_doubt]))
        settled = settle(claims)
        people, of_accounts = roots.people(_OUTSIDER)
        known = settled.roots < len(roots.accounts)
        found = settled.roots[known]
        of_roots = np.append(of_accounts, np.int32(_CONTRADICTORY))  # CONTESTED takes the last
        return cls(
            people,
            settled.references[known],
            of_roots[found],
            roots.contradictions(claims, settled),
        )

    @classmethod
    def known(cls, pairs: pd.DataFrame) -> Self:
        """Restore a map from what `pairs` gave, or a part of it.

        Parameters
        ----------
        pairs : DataFrame
            Columns reference and user_id_raiz (str), each reference once.
        """
        people = pd.Index(sorted(set(pairs["user_id_raiz"])), dtype="str", name="user_id_raiz")
        references = sortable(pairs["reference"])
        order = np.argsort(references, kind="stable")
        owners = people.get_indexer(pairs["user_id_raiz"]).astype(np.int32)
        nobody = pd.DataFrame({"reference": [], "root": []}, dtype="str")
        return cls(people, references[order], owners[order], nobody)

    def pairs(self) -> pd.DataFrame:
        """Return each reference that means somebody, by person and then reference.

        Returns
        -------
        DataFrame
            Columns reference and user_id_raiz (str).
        """
        somebody = np.flatnonzero(self._owners >= 0)
        ordered = somebody[np.argsort(self._owners[somebody], kind="stable")]
        return pd.DataFrame(
            {
                "reference": _strings(self._references[ordered]),
                "user_id_raiz": self.people.array.take(self._owners[ordered]),
            }
        )

    def resolve(self, references: pd.Series) -> pd.Series:
        """Return the root id of each reference, NA where it is nobody of the population.

        Parameters
        ----------
        references : Series of str
            Any of the four kinds of id, in any mixture; NA is nobody.

        Returns
        -------
        Series of str
            Named ``user_id_raiz``, with the index of ``references``.
        """
        _, owners = self._lookup(sortable(references))
        roots = self.people.array.take(np.maximum(owners, -1), allow_fill=True)
        return pd.Series(roots, index=references.index, name="user_id_raiz", dtype="str")

    def tally(self, references: pd.Series, rows: pd.Series | None = None) -> TableTally:
        """Count how the references of a table resolve.

        Parameters
        ----------
        references : Series of str
            References as the table holds them.
        rows : Series of int, optional
            Rows behind each reference, with the same index; one each when not given.
        """
        counter = ReferenceCounter(self)
        counter.add(references, rows)
        return counter.tally()

    @property
    def contradictory_references(self) -> int:
        """Number of references that two people claim."""
        return int((self._owners == _CONTRADICTORY).sum())

    def __len__(self) -> int:
        """Number of references that mean somebody of the population."""
        return int((self._owners >= 0).sum())

    def _lookup(
        self, references: npt.NDArray[np.bytes_]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """Return the place of each reference in the map, -1 for none, and whose it is."""
        places = find(self._references, references)
        if not len(self._references):
            return places, np.full(len(references), _UNRESOLVED, dtype=np.int32)
        owners = np.where(places >= 0, self._owners[places], np.int32(_UNRESOLVED))
        return places, owners


def _strings(references: npt.NDArray[np.bytes_]) -> Any:
    """Return references as pandas' strings; those of one width without a Python object each."""
    width = references.dtype.itemsize
    if len(references) and (np.char.str_len(references) == width).all():
        words = pa.py_buffer(np.ascontiguousarray(references))
        fixed = pa.Array.from_buffers(pa.binary(width), len(references), [None, words])
        found = fixed.cast(pa.large_binary())
    else:
        found = pa.array(references.tolist(), type=pa.large_binary())
    return pd.array(found.cast(pa.large_string()), dtype="str")


class ReferenceCounter:
    """Resolves the references of one table piece by piece and counts how they resolve.

    Parameters
    ----------
    identity : IdentityMap
        Whose references are known.
    """

    def __init__(self, identity: IdentityMap) -> None:
        self._identity = identity
        self._seen = np.zeros(len(identity._references), dtype=bool)
        self._strangers: set[bytes] = set()
        self._rows = dict.fromkeys(("all", "unresolved", "contradictory"), 0)

    def add(self, references: pd.Series, rows: pd.Series | None = None) -> npt.NDArray[np.int32]:
        """Count a piece, and return the place of each reference's person in ``people``.

        Parameters
        ----------
        references : Series of str
            References as the table holds them; what is nobody's gets a negative place.
        rows : Series of int, optional
            Rows behind each reference; one each when not given.
        """
        keys = sortable(references)
        places, owners = self._identity._lookup(keys)
        weights = np.ones(len(keys), np.int64) if rows is None else rows.to_numpy(np.int64)
        self._seen[places[places >= 0]] = True
        self._strangers.update(keys[places < 0].tolist())
        self._rows["all"] += int(weights.sum())
        self._rows["unresolved"] += int(weights[owners == _UNRESOLVED].sum())
        self._rows["contradictory"] += int(weights[owners == _CONTRADICTORY].sum())
        return owners

    def tally(self) -> TableTally:
        """Return the counts of all pieces so far."""
        contested = self._seen & (self._identity._owners == _CONTRADICTORY)
        return TableTally(
            references=int(self._seen.sum()) + len(self._strangers),
            rows=self._rows["all"],
            unresolved_references=len(self._strangers),
            unresolved_rows=self._rows["unresolved"],
            contradictory_references=int(contested.sum()),
            contradictory_rows=self._rows["contradictory"],
        )
