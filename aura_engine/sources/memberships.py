"""Who is in which community, kept as numbers until all rows were seen."""

from __future__ import annotations

import unicodedata
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

MEMBERSHIP_COLUMNS: Final = ("user_id_raiz", "community_id", "category")


def plain_category(category: str) -> str:
    """Return a community's category without accents, since two models spell it differently."""
    decomposed = unicodedata.normalize("NFD", category)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


class MembershipList:
    """Collects memberships piece by piece; communities are few and people are numbers."""

    def __init__(self) -> None:
        self._communities: dict[str, int] = {}
        self._categories: dict[str, int] = {}
        self._pieces: list[npt.NDArray[np.int32]] = [np.empty((3, 0), dtype=np.int32)]

    def add(self, people: npt.NDArray[np.int32], rows: pd.DataFrame) -> None:
        """Collect rows with the columns community_id and category.

        Parameters
        ----------
        people : ndarray of int32
            Place of each row's person in the population; negative for nobody.
        rows : DataFrame
            One row a membership.
        """
        kept = rows[people >= 0]
        categories = kept["category"].astype("str")
        plain = categories.map({name: plain_category(name) for name in categories.unique()})
        piece = [
            people[people >= 0],
            _numbers(kept["community_id"].astype("str"), self._communities),
            _numbers(plain.astype("str"), self._categories),
        ]
        self._pieces.append(np.array(piece, dtype=np.int32).reshape(3, len(kept)))

    def categories(self, people: int) -> npt.NDArray[np.int64]:
        """Return how many distinct categories each of so many people is in."""
        person, _, category = self._distinct()
        pairs = np.unique(person.astype(np.int64) * max(1, len(self._categories)) + category)
        return np.bincount(pairs // max(1, len(self._categories)), minlength=people)

    def table(self, people: pd.Index) -> pd.DataFrame:
        """Return each membership once, columns `MEMBERSHIP_COLUMNS`, by person and community."""
        person, community, category = self._distinct()
        columns = (
            people.array.take(person),
            _texts(self._communities).take(community),
            _texts(self._categories).take(category),
        )
        return pd.DataFrame(dict(zip(MEMBERSHIP_COLUMNS, columns, strict=True)))

    def _distinct(self) -> npt.NDArray[np.int32]:
        everything = np.concatenate(self._pieces, axis=1)
        ranks = np.argsort(np.argsort(list(self._communities)), kind="stable")
        by_name = ranks[everything[1]] if len(ranks) else everything[1]
        order = np.lexsort((everything[2], by_name, everything[0]))
        ordered = everything[:, order]
        first = np.ones(ordered.shape[1], dtype=bool)
        first[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
        self._pieces = [ordered[:, first]]
        return self._pieces[0]


def _numbers(texts: pd.Series, known: dict[str, int]) -> npt.NDArray[np.int32]:
    codes, names = pd.factorize(texts)
    numbers = [known.setdefault(name, len(known)) for name in names]
    told: npt.NDArray[np.int32] = np.array(numbers, dtype=np.int32)[codes]
    return told


def _texts(known: dict[str, int]) -> Any:
    return pd.array(list(known), dtype="str")
