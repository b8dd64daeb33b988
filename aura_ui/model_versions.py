"""Model versions on the page of operations: when, why, what changed, and which runs used them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from itertools import pairwise
from typing import Any, Final

import pandas as pd
import streamlit as st

from aura_engine.domain import KPI_COLUMNS
from aura_engine.errors import ArtefactError
from aura_engine.i18n import t
from aura_engine.pipeline.explanation import ModelPopulation, model_population
from aura_engine.store.access import Viewer
from aura_engine.store.reads import ModelHistory, model_versions
from aura_ui import databases
from aura_ui.failures import explained
from aura_ui.figures import show_table
from aura_ui.formats import NOTHING, kpi_value, moment, whole

_LATEST: Final = 50
_PRIORS: Final = ("night_prior", "negativity_prior")


def section(viewer: Viewer) -> None:
    """Draw the versions, and the population that one of them holds beside the one before it.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    """
    zone = databases.zone()
    with explained(), databases.page_reading() as connection:
        found = model_versions(connection, viewer, limit=_LATEST)
    if not found:
        st.info(t("operation.model_none"), icon=":material/hourglass_empty:")
        return
    show_table(versions_table(found, zone), key="modelos")
    st.caption(t("models.note"))
    ids = [model.id for model in found]
    asked = st.query_params.get("modelo", "")
    given = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
    shown = given if given in ids else ids[0]
    chosen = st.selectbox(
        t("models.which"), ids, index=ids.index(shown),
        format_func=lambda version: f"v{version}", key=f"models_{shown}", width=160,
    )  # fmt: skip
    if chosen != shown:
        st.query_params["modelo"] = str(chosen)
        st.rerun()
    place = ids.index(shown)
    former = found[place + 1] if place + 1 < len(found) else None
    st.subheader(t("models.population", id=shown), anchor=False)
    with explained():
        try:
            with databases.page_reading() as connection:
                now = model_population(connection, viewer, shown)
                then = model_population(connection, viewer, former.id) if former else None
        except ArtefactError as error:
            st.warning(str(error), icon=":material/error:")
            return
    st.dataframe(
        population_table(now, then), hide_index=True, key="table_population", placeholder=NOTHING
    )
    st.caption(t("models.population_note"))


def versions_table(models: Sequence[ModelHistory], zone: tzinfo) -> pd.DataFrame:
    """Return the versions, each with what changed since the one before it.

    Parameters
    ----------
    models : sequence of ModelHistory
        The newest first.
    zone : tzinfo
        Of the reader.
    """
    former: dict[int, ModelHistory] = {late.id: early for late, early in pairwise(models)}
    return pd.DataFrame(
        {
            t("trends.model"): f"v{model.id}",
            t("models.fitted"): moment(model.fitted_at, zone),
            t("models.until"): t("models.in_use")
            if model.retired_at is None
            else moment(model.retired_at, zone),
            t("models.because"): t(f"models.because_{model.fitted_because or 'unknown'}"),
            t("operation.requested_by"): model.requested_by or NOTHING,
            t("models.changed"): " · ".join(changes(former.get(model.id), model)),
            t("models.people"): model.n_fitted,
            t("models.runs"): _runs_in_words(model),
        }
        for model in models
    )


def changes(former: ModelHistory | None, model: ModelHistory) -> list[str]:
    """Return in words what is not as in the version before; of the first one, what it has.

    Parameters
    ----------
    former : ModelHistory or None
        The version before.
    model : ModelHistory
        The version.
    """
    found = []
    for name in sorted(model.parameters):
        before = None if former is None else former.parameters.get(name)
        if before != model.parameters[name]:
            found.append(_change(_known(f"models.of_{name}", name), before, model.parameters[name]))
    if former is None:
        return found
    if former.text_revision != model.text_revision:
        found.append(t("models.of_text_model"))
    for prior in _PRIORS:
        before, now = (_mean(one.summary, prior) for one in (former, model))
        if before != now:
            found.append(_change(t(f"models.of_{prior}"), before, now))
    if former.n_fitted != model.n_fitted:
        found.append(_change(t("models.of_people"), whole(former.n_fitted), whole(model.n_fitted)))
    if former.libraries != model.libraries:
        found.append(t("models.of_libraries"))
    return found or [t("models.of_nothing")]


def population_table(now: ModelPopulation, then: ModelPopulation | None) -> pd.DataFrame:
    """Return what a version holds for usual of each KPI, beside the version before.

    Parameters
    ----------
    now : ModelPopulation
        Of the version.
    then : ModelPopulation or None
        Of the version before it.
    """
    return pd.DataFrame(
        {
            t("models.kpi"): t(f"kpi_names.{column}"),
            t("models.usual_before"): NOTHING
            if then is None
            else kpi_value(column, then.usual[column]),
            t("models.usual"): kpi_value(column, now.usual[column]),
            t("models.lowest"): kpi_value(column, now.lowest[column]),
            t("models.highest"): kpi_value(column, now.highest[column]),
        }
        for column in KPI_COLUMNS
    )


def _runs_in_words(model: ModelHistory) -> str:
    if not model.runs:
        return NOTHING
    if model.runs == 1:
        return t("models.run_one", first=model.first_run)
    return t(
        "models.runs_many", count=whole(model.runs), first=model.first_run, last=model.last_run
    )


def _change(name: str, before: Any, now: Any) -> str:
    if before is None:
        return f"{name}: {NOTHING if now is None else now}"
    return f"{name}: {before} → {NOTHING if now is None else now}"


def _mean(summary: dict[str, Any], prior: str) -> str | None:
    held = summary.get(prior)
    return f"{held['mean']:.3f}" if held else None


def _known(key: str, otherwise: str) -> str:
    try:
        return t(key)
    except KeyError:
        return otherwise
