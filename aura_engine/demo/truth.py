"""The planted truth in a file of its own: the sources and our database never hold it."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Final

import pandas as pd

from aura_engine.demo.population import Population
from aura_engine.errors import DemoError
from aura_engine.i18n import t

TRUTH_COLUMNS: Final = ("persona", "onset_day", "onset_date", "turned", "progress", "at_risk")


def write_truth(path: Path, population: Population, as_of: datetime) -> None:
    """Keep the truth as it stands at a moment, whole or not at all.

    Parameters
    ----------
    path : Path
        A CSV file; its directory must exist.
    population : Population
        Whose truth.
    as_of : datetime
        Zone-aware; see `Population.truth`.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    table = population.truth(as_of)
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            table.to_csv(file, columns=list(TRUTH_COLUMNS), lineterminator="\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_truth(path: Path) -> pd.DataFrame:
    """Read the truth back, as `Population.truth` describes it.

    Raises
    ------
    DemoError
        If there is no such file, or it is not one that `write_truth` wrote.
    """
    try:
        table = pd.read_csv(path, index_col="user_id", dtype={"user_id": str, "persona": str})
    except (OSError, ValueError) as error:
        raise DemoError(t("demo.no_truth", path=path)) from error
    if tuple(table.columns) != TRUTH_COLUMNS:
        raise DemoError(t("demo.no_truth", path=path))
    dates = pd.to_datetime(table["onset_date"])
    return table.assign(onset_date=[None if pd.isna(moment) else moment.date() for moment in dates])
