"""Rows in the order of time: what a day produces, and what it sets in motion for later days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]
"""Milliseconds since 1970 in UTC (auth keeps no finer time)."""

Columns = Mapping[str, npt.NDArray[Any]]
Operation = Literal["insert", "update", "delete"]


@dataclass(frozen=True)
class Batch:
    """Rows of one table that take the same operation.

    Attributes
    ----------
    database, table : str
        Where they belong; database is ``auth``, ``social`` or ``messaging``.
    operation : {"insert", "update", "delete"}
        What is done with them.
    key : tuple of str
        Columns that find the rows of an update or delete; empty for inserts.
    at : ndarray of int64
        When each row is written, in milliseconds since 1970.
    columns : Mapping[str, ndarray]
        Values, one array a column, key columns included; times are datetime64[ms].
    """

    database: str
    table: str
    operation: Operation
    key: tuple[str, ...]
    at: Times
    columns: Columns

    @property
    def kind(self) -> tuple[str, str, Operation, tuple[str, ...], tuple[str, ...]]:
        """What batches must share to be joined."""
        return self.database, self.table, self.operation, self.key, tuple(self.columns)

    def take(self, chosen: npt.NDArray[Any]) -> Batch:
        """Return the chosen rows (boolean mask or indices)."""
        columns = {name: values[chosen] for name, values in self.columns.items()}
        return Batch(self.database, self.table, self.operation, self.key, self.at[chosen], columns)


def between(batches: list[Batch], after: int | None, until: int) -> list[Batch]:
    """Join batches of one kind and keep rows in (after, until], in the order of time.

    Parameters
    ----------
    batches : list of Batch
        In the order in which days made them.
    after, until : int
        Milliseconds since 1970; no lower bound if `after` is None.

    Returns
    -------
    list of Batch
        One a kind, none without rows, kinds in the order of first appearance.
    """
    kinds: dict[object, list[Batch]] = {}
    for batch in batches:
        keep = batch.at <= until if after is None else (batch.at <= until) & (batch.at > after)
        if keep.any():
            kinds.setdefault(batch.kind, []).append(batch if keep.all() else batch.take(keep))
    joined = []
    for parts in kinds.values():
        at = np.concatenate([part.at for part in parts])
        order = np.argsort(at, kind="stable")
        first = parts[0]
        columns = {
            name: np.concatenate([part.columns[name] for part in parts])[order]
            for name in first.columns
        }
        joined.append(
            Batch(first.database, first.table, first.operation, first.key, at[order], columns)
        )
    return joined


@dataclass
class Journal:
    """Collects rows and hands them out day by day, each on the day it is written."""

    _pending: list[Batch] = field(default_factory=list)

    def insert(self, database: str, table: str, at: Times, columns: Columns) -> None:
        """Note rows that appear at their time.

        Parameters
        ----------
        database, table : str
            Where the rows are.
        at : Times
            When each appears.
        columns : Columns
            Values by column, in the order of `at`.
        """
        self._note(Batch(database, table, "insert", (), at, columns))

    def update(
        self, database: str, table: str, key: tuple[str, ...], at: Times, columns: Columns
    ) -> None:
        """Note changes of rows found by `key`.

        Parameters
        ----------
        database, table : str
            Where the rows are.
        key : tuple of str
            Columns that find a row.
        at : Times
            When each changes.
        columns : Columns
            Values by column, in the order of `at`.
        """
        self._note(Batch(database, table, "update", key, at, columns))

    def delete(
        self, database: str, table: str, key: tuple[str, ...], at: Times, columns: Columns
    ) -> None:
        """Note rows that disappear.

        Parameters
        ----------
        database, table : str
            Where the rows are.
        key : tuple of str
            Columns that find a row.
        at : Times
            When each disappears.
        columns : Columns
            Values by column, in the order of `at`.
        """
        self._note(Batch(database, table, "delete", key, at, columns))

    def collect(self, before: int) -> list[Batch]:
        """Hand out the rows of all times before `before`; later ones stay noted."""
        due, later = [], []
        for batch in self._pending:
            now = batch.at < before
            if now.all():
                due.append(batch)
            elif not now.any():
                later.append(batch)
            else:
                due.append(batch.take(now))
                later.append(batch.take(~now))
        self._pending = later
        return due

    def _note(self, batch: Batch) -> None:
        if len(batch.at):
            self._pending.append(batch)


def stamps(at: Times) -> npt.NDArray[np.datetime64]:
    """Return times as datetime64[ms] in UTC."""
    return at.astype("datetime64[ms]")
