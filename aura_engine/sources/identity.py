"""Who a reference means: one map for every kind of id that the sources write.

The sources name a person by four ids: the auth user id (the root id), ``user_profiles.id`` of
aura_social, and ``users.id`` and ``users.profile_id`` of aura_messaging, the last of which holds a
profile id or an auth user id. Which of them a column holds depends on the code that wrote it, so
every reference goes through the same map, and what it cannot tell is counted, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import pandas as pd

from aura_engine.sources.frames import among

_NOBODY: Final = "?"
"""Prefix of the root of references whose person is unknown; no id begins with it."""


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
    """

    def __init__(
        self, roots: pd.Series, population: pd.Index, contradictions: pd.DataFrame
    ) -> None:
        self._roots = roots
        self._people = roots[among(roots, population)]
        self._contradictory = pd.Index(contradictions["reference"].unique(), dtype="str")
        self.contradictions = contradictions

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
        accounts = pd.Index(
            pd.concat([_strings(population), _strings(outsiders)]).dropna().unique()
        )
        claims = _claims(accounts, accounts)
        claims = pd.concat(
            [claims, _claims(profiles["profile_id"], _known(profiles["user_ref"], accounts))]
        )
        settled, _ = _settle(claims)
        senders = _strings(messaging["profile_id"])
        owners = senders.map(settled)
        owners = _strings(owners.where(owners.notna(), _NOBODY + senders))
        claimed = pd.Index(claims["reference"].unique())
        in_doubt = among(senders, claimed) & ~among(senders, settled.index)
        claims = pd.concat(
            [
                claims,
                _claims(messaging["messaging_id"], owners),
                _claims(senders[~in_doubt], owners[~in_doubt]),
            ]
        )
        settled, contradictions = _settle(claims)
        return cls(
            settled[among(settled, accounts)],
            pd.Index(_strings(population).unique()),
            contradictions,
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
        return _strings(_strings(references).map(self._people)).rename("user_id_raiz")

    def tally(self, references: pd.Series, rows: pd.Series | None = None) -> TableTally:
        """Count how the references of a table resolve.

        Parameters
        ----------
        references : Series of str
            References as the table holds them.
        rows : Series of int, optional
            Rows behind each reference, with the same index; one each when not given.
        """
        references = _strings(references)
        weights = pd.Series(1, index=references.index) if rows is None else rows
        contradictory = among(references, self._contradictory)
        unresolved = ~among(references, self._roots.index) & ~contradictory

        def distinct(mask: pd.Series) -> int:
            return int(references[mask].nunique(dropna=False))

        return TableTally(
            references=int(references.nunique(dropna=False)),
            rows=int(weights.sum()),
            unresolved_references=distinct(unresolved),
            unresolved_rows=int(weights[unresolved].sum()),
            contradictory_references=distinct(contradictory),
            contradictory_rows=int(weights[contradictory].sum()),
        )

    @property
    def contradictory_references(self) -> int:
        """Number of references that two people claim."""
        return len(self._contradictory)

    def __len__(self) -> int:
        """Number of references that mean somebody of the population."""
        return len(self._people)


def _strings(values: pd.Series) -> pd.Series:
    return values.astype("str")


def _known(references: pd.Series, accounts: pd.Index) -> pd.Series:
    """Root ids as they are; the id of no account becomes a root that is nobody."""
    references = _strings(references)
    return references.where(among(references, accounts), _NOBODY + references)


def _claims(references: pd.Series | pd.Index, roots: pd.Series | pd.Index) -> pd.DataFrame:
    return pd.DataFrame({"reference": references.array, "root": roots.array}, dtype="str").dropna()


def _settle(claims: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """Separate what is claimed by one root from what is claimed by several."""
    distinct = claims.drop_duplicates()
    contested = distinct["reference"].duplicated(keep=False)
    settled = distinct[~contested].set_index("reference")["root"]
    contradictions = distinct[contested].sort_values(["reference", "root"], ignore_index=True)
    return settled, contradictions
