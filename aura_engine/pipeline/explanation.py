"""One person's verdict explained: by the model that gave it, with the population beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import Connection

from aura_engine.domain import KPI_COLUMNS
from aura_engine.errors import ArtefactError
from aura_engine.i18n import t
from aura_engine.pipeline.leading import leading_kpis
from aura_engine.pipeline.scoring import ScoringModel
from aura_engine.store.access import Viewer
from aura_engine.store.model_versions import stored_model
from aura_engine.store.reads import kpis_of, person, person_by_id, risk_ranks, usual_kpis

_MODELS_HELD: Final = 4


@dataclass(frozen=True, slots=True)
class KpiExplanation:
    """What one KPI says of one person.

    Parameters
    ----------
    column : str
        One of ``KPI_COLUMNS``.
    value : float or None
        As observed; None where nothing was.
    usual : float
        The population's median, which stands in for what was not observed.
    own_usual : float or None
        What was usual for this person; None where that is not known.
    rank : float
        Share of the population that stands better, 0-1; people alike count half.
    asi_drop : float or None
        Points by which the ASI falls if this KPI alone returned to the usual.
    level_without : str or None
        The level then.
    """

    column: str
    value: float | None
    usual: float
    own_usual: float | None
    rank: float
    asi_drop: float | None
    level_without: str | None


@dataclass(frozen=True, slots=True)
class PersonExplained:
    """A person's row and why it says what it says.

    Parameters
    ----------
    person : dict
        The row as the viewer may see it.
    kpis : tuple of KpiExplanation
        What adds most to the ASI first. Without drops where the verdict was kept from a day when
        more was seen: today's figures do not explain it.
    is_kept : bool
        Whether it was.
    """

    person: dict[str, Any]
    kpis: tuple[KpiExplanation, ...]
    is_kept: bool


@dataclass(frozen=True, slots=True)
class PersonKpis:
    """A person's row and raw KPIs without gaps.

    Parameters
    ----------
    person : dict
        The row as the viewer may see it.
    values : dict of str to float
        By KPI column, in raw units; the population's median where nothing was observed.
    observed : dict of str to bool
        Which of them were observed.
    """

    person: dict[str, Any]
    values: dict[str, float]
    observed: dict[str, bool]


@dataclass(frozen=True, slots=True)
class ModelPopulation:
    """What a model version holds of the population that it was fitted on, by KPI, in raw units.

    Parameters
    ----------
    usual : dict of str to float
        The median, which stands in for what was not observed.
    lowest, highest : dict of str to float
        Beyond which a value counts as no further off.
    """

    usual: dict[str, float]
    lowest: dict[str, float]
    highest: dict[str, float]


def explain_person(
    connection: Connection, viewer: Viewer, pseudonym: str
) -> PersonExplained | None:
    """Return a person's verdict with its reasons; None if there is none in the viewer's sight.

    Parameters
    ----------
    connection : Connection
        Of `aura_engine.store.connect.reading`.
    viewer : Viewer
        Who asks.
    pseudonym : str
        Of the person.

    Raises
    ------
    ArtefactError
        If the model version behind the verdict is gone or cannot be read.
    """
    row = person(connection, viewer, pseudonym)
    if row is None:
        return None
    model = model_of(connection, row["model_version_id"])
    ranks = risk_ranks(connection, viewer, pseudonym)
    own_usual = usual_kpis(connection, viewer, pseudonym)
    is_kept = row["verdict_as_of"] < row["extraction_date"]
    told = model.ensemble.explain(np.array([[row[column] for column in KPI_COLUMNS]]))
    kpis = [
        KpiExplanation(
            column=column,
            value=row[f"raw_{column}"],
            usual=float(model.scaler.medians_[j]),
            own_usual=own_usual.get(column),
            rank=ranks[column],
            asi_drop=None if is_kept else float(told.asi_drop[0, j]),
            level_without=None if is_kept else str(told.level_without[0, j]),
        )
        for j, column in enumerate(KPI_COLUMNS)
    ]
    kpis.sort(key=lambda kpi: (-(kpi.asi_drop or 0.0), -kpi.rank))
    return PersonExplained(row, tuple(kpis), is_kept)


def person_kpis(connection: Connection, viewer: Viewer, user_id: UUID) -> PersonKpis | None:
    """Return a person's raw KPIs by root id; None if there is none in the viewer's sight.

    What is missing is imputed as the model did that gave the verdict.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    user_id : UUID
        Root id.

    Raises
    ------
    AccessDenied
        If the viewer may not see root ids.
    ArtefactError
        If it cannot be read.
    """
    row = person_by_id(connection, viewer, user_id)
    if row is None:
        return None
    values = {column: row[f"raw_{column}"] for column in KPI_COLUMNS}
    observed = {column: value is not None for column, value in values.items()}
    if not all(observed.values()):
        medians = model_of(connection, row["model_version_id"]).scaler.medians_
        for column, median in zip(KPI_COLUMNS, medians, strict=True):
            values[column] = values[column] if observed[column] else float(median)
    return PersonKpis(row, values, observed)


class Reason(NamedTuple):
    """A KPI that leads a verdict: its raw value, and the median of the model's population."""

    column: str
    value: float
    usual: float


def leading_reasons(
    connection: Connection, viewer: Viewer, pseudonyms: Sequence[str]
) -> dict[str, list[Reason]]:
    """Return the KPIs that lead the verdicts of some people, what weighs most first.

    Parameters
    ----------
    connection, viewer
        As of `explain_person`.
    pseudonyms : sequence of str
        Whom a list shows.

    Returns
    -------
    dict of str to list of Reason
        By pseudonym; nothing for a verdict kept from a day when more was seen, and for whom the
        viewer may not see.

    Raises
    ------
    ArtefactError
        As `explain_person` does.
    """
    rows = [
        row
        for row in kpis_of(connection, viewer, pseudonyms)
        if row["verdict_as_of"] >= row["extraction_date"]
    ]
    found: dict[str, list[Reason]] = {}
    for version in {row["model_version_id"] for row in rows}:
        people = [row for row in rows if row["model_version_id"] == version]
        scaled = np.array([[row[column] for column in KPI_COLUMNS] for row in people])
        observed = np.array(
            [[row[f"raw_{column}"] is not None for column in KPI_COLUMNS] for row in people]
        )
        model = model_of(connection, version)
        usual = dict(zip(KPI_COLUMNS, model.scaler.medians_.tolist(), strict=True))
        found |= {
            row["pseudonym"]: [
                Reason(column, row[f"raw_{column}"], usual[column]) for column in columns
            ]
            for row, columns in zip(people, leading_kpis(model, scaled, observed), strict=True)
        }
    return found


def model_population(connection: Connection, viewer: Viewer, version_id: int) -> ModelPopulation:
    """Return what a version holds of its population.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    viewer : Viewer
        Who reads.
    version_id : int
        The version.

    Raises
    ------
    AccessDenied
        If the viewer may not read totals.
    ArtefactError
        If the version is gone or cannot be read.
    """
    viewer.require_aggregates()
    scaler = model_of(connection, version_id).scaler
    usual, lowest, highest = (
        dict(zip(KPI_COLUMNS, (float(value) for value in values), strict=True))
        for values in (scaler.medians_, scaler.clip_low_, scaler.clip_high_)
    )
    return ModelPopulation(usual, lowest, highest)


def model_of(connection: Connection, version_id: int) -> ScoringModel:
    """Return a stored model version; the last few stay in memory.

    Raises
    ------
    ArtefactError
        If it is gone or cannot be read.
    """
    stored = stored_model(connection, version_id)
    if stored is None:
        raise ArtefactError(t("store.model_gone", version=version_id))
    return _restored(stored.artefact)


@lru_cache(maxsize=_MODELS_HELD)
def _restored(artefact: bytes) -> ScoringModel:
    return ScoringModel.from_bytes(artefact)
