"""Claims of one reference by people: what one alone claims is theirs, the rest nobody's.

References are arrays of bytes and people are numbers, since there are several references a person
and strings of all would take more memory than everything else in a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from aura_engine.sources.frames import find

CONTESTED: Final = -1
"""Root of a reference that several people claim."""
NONE: Final = -2
"""No root at all: there was no reference to one."""
_NOBODY: Final = "?"
"""Prefix of the root of references whose person is unknown; no id begins with it."""

Keys = npt.NDArray[np.bytes_]
Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Claims:
    """Which root claims which reference, as numbers of `Roots`."""

    references: Keys
    roots: Numbers

    @classmethod
    def made(cls, references: Keys, roots: npt.NDArray[np.signedinteger]) -> Claims:
        """Return those of these claims that name both a reference and a root."""
        named = (references != b"") & (roots != NONE)
        return cls(references[named], roots[named].astype(np.int32))

    def join(self, others: Claims) -> Claims:
        """Return these claims and others behind them."""
        return Claims(
            np.concatenate([self.references, others.references]),
            np.concatenate([self.roots, others.roots]),
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """The root of each reference, `CONTESTED` where there are several; references ascend."""

    references: Keys
    roots: Numbers

    def lookup(self, references: Keys) -> tuple[npt.NDArray[np.bool_], Numbers]:
        """Return which references are claimed at all, and by whom (negative: by no one root)."""
        places = find(self.references, references)
        claimed = places >= 0
        if not len(self.references):
            return claimed, np.full(len(references), NONE, dtype=np.int32)
        return claimed, np.where(claimed, self.roots[places], np.int32(NONE))


def settle(claims: Claims) -> Settled:
    """Find the one root of each reference, or that there are several."""
    order = np.argsort(claims.references, kind="stable")
    references, roots = claims.references[order], claims.roots[order]
    begins = np.flatnonzero(_begins(references))
    if not len(begins):
        return Settled(references, roots)
    lowest = np.minimum.reduceat(roots, begins)
    highest = np.maximum.reduceat(roots, begins)
    return Settled(references[begins], np.where(lowest == highest, lowest, np.int32(CONTESTED)))


def _begins(references: Keys) -> npt.NDArray[np.bool_]:
    begins = np.ones(len(references), dtype=bool)
    begins[1:] = references[1:] != references[:-1]
    return begins


class Roots:
    """Numbers of everybody who may own a reference: accounts first, then who has none.

    Parameters
    ----------
    population, outsiders : ndarray of bytes
        Accounts of the population and others.
    users, senders : ndarray of bytes
        Who owns a profile, and who is known to messaging; some have no account.
    """

    def __init__(self, population: Keys, outsiders: Keys, users: Keys, senders: Keys) -> None:
        self.accounts = _distinct(population, outsiders)
        self._is_person = find(_distinct(population), self.accounts) >= 0
        without_account = users[find(self.accounts, users) < 0]
        self._strangers = _distinct(without_account, senders)

    def of_accounts(self, users: Keys) -> Numbers:
        """Return the roots of profile owners; an account that does not exist is a stranger."""
        places = find(self.accounts, users)
        return np.where(places >= 0, places, self.of_strangers(users)).astype(np.int32)

    def of_strangers(self, references: Keys) -> Numbers:
        """Return a root that is nobody, the same for the same reference."""
        places = find(self._strangers, references)
        return np.where(places >= 0, places + len(self.accounts), NONE).astype(np.int32)

    def people(self, outsider: int) -> tuple[pd.Index, Numbers]:
        """Return the root ids of the population, and the place of each account among them.

        Parameters
        ----------
        outsider : int
            Stands for accounts that are not of the population.
        """
        ids = self.accounts[self._is_person]
        people = pd.Index(_texts(ids), dtype="str", name="user_id_raiz")
        places = np.cumsum(self._is_person) - 1
        return people, np.where(self._is_person, places, outsider).astype(np.int32)

    def contradictions(self, claims: Claims, settled: Settled) -> pd.DataFrame:
        """Return who claims what several claim: columns reference and root, ascending."""
        contested = settled.references[settled.roots == CONTESTED]
        among = find(contested, claims.references) >= 0
        found = pd.DataFrame(
            {
                "reference": _texts(claims.references[among]),
                "root": [self._name(root) for root in claims.roots[among].tolist()],
            },
            dtype="str",
        )
        return found.drop_duplicates().sort_values(["reference", "root"], ignore_index=True)

    def _name(self, root: int) -> str:
        if root < len(self.accounts):
            return str(self.accounts[root].decode())
        return _NOBODY + str(self._strangers[root - len(self.accounts)].decode())


def _distinct(*references: Keys) -> Keys:
    found: Keys = np.unique(np.concatenate(references))
    without_blank: Keys = found[found != b""]
    return without_blank


def _texts(references: Keys) -> list[str]:
    return [reference.decode() for reference in references.tolist()]
