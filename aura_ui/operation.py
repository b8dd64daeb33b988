"""What the operations page says of parts, model, texts and runs, and which part of it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any, Final

import pandas as pd
import streamlit as st

from aura_engine.i18n import t
from aura_engine.store.reads import ModelInView, ServiceStatus
from aura_ui.formats import NOTHING, ago, moment, seconds, whole
from aura_ui.live import SOURCES

VIEW: Final = "ver"
"""Query parameter that names a part of the page."""
STATE, COMPARE, MODELS = VIEWS = ("estado", "comparar", "modelos")


def view_asked() -> str:
    """Return which part of the page the address names."""
    asked = st.query_params.get(VIEW, STATE)
    return asked if asked in VIEWS else STATE


def choose_view(view: str) -> None:
    """Draw the parts of the page; the address follows.

    Parameters
    ----------
    view : str
        Which is shown.
    """
    chosen = st.segmented_control(
        t("operation.view"),
        VIEWS,
        format_func=lambda name: t(f"operation.view_{name}"),
        default=view,
        required=True,
        key=f"operation_view_{view}",
        label_visibility="collapsed",
    )
    if chosen != view:
        st.query_params.from_dict({} if chosen == STATE else {VIEW: chosen})
        st.rerun()


def parts_table(parts: dict[str, ServiceStatus], at: datetime, zone: tzinfo) -> pd.DataFrame:
    """Return the state of the scheduler and of the sources that it watches.

    Parameters
    ----------
    parts : dict
        Of `aura_engine.store.reads.services`.
    at : datetime
        The present.
    zone : tzinfo
        Of the reader.
    """
    rows = []
    for name in ("scheduler", *SOURCES):
        status = parts.get(name)
        if status is None:
            state, since, detail, lag = t("operation.never"), NOTHING, "", NOTHING
        elif status.is_silent and name != "scheduler":
            state, since, detail, lag = t("operation.unheard"), NOTHING, "", NOTHING
        else:
            state = t("operation.up" if status.is_up else "operation.down")
            since = ago(status.since, at, zone)
            detail, lag = _detail(status.details), _lag(status.details)
        label = t("operation.part_scheduler") if name == "scheduler" else name
        rows.append((label, state, since, lag, detail))
    columns = [t(f"operation.{name}") for name in ("part", "state", "since", "lag", "detail")]
    return pd.DataFrame(rows, columns=columns)


def _lag(details: dict[str, Any]) -> str:
    """Say how old the oldest change of a source is that is not scored yet, and how many wait."""
    changes = details.get("changes", {})
    if "lag_seconds" not in changes:
        return NOTHING
    behind = seconds(changes["lag_seconds"])
    waiting = changes.get("waiting", 0)
    return t("operation.lag_waiting", lag=behind, waiting=whole(waiting)) if waiting else behind


def _detail(details: dict[str, Any]) -> str:
    """Say what a part told of itself: a problem, or how texts are read."""
    if problem := details.get("problem"):
        return str(problem)
    said = [str(details[key]) for key in ("text_model", "backend") if details.get(key)]
    if fence := details.get("fence"):
        said.append(t("operation.leads", fence=whole(fence)))
    if ahead := details.get("read_ahead"):
        said.append(
            ahead.get("problem") or t("operation.read_ahead", unread=whole(ahead["unread"]))
        )
    return " · ".join(said)


def language_in_words(parts: dict[str, ServiceStatus], runs: Sequence[dict[str, Any]]) -> str:
    """Say which language model reads, and how fast it was when it last read texts.

    Parameters
    ----------
    parts : dict
        Of `aura_engine.store.reads.services`.
    runs : sequence of dict
        The newest first.
    """
    held = parts["scheduler"].details if "scheduler" in parts else {}
    name, backend = held.get("text_model"), held.get("backend")
    said = t("operation.language", name=name, backend=backend) if name else None
    for run in runs:
        read = run["counts"].get("texts") or {}
        if run["status"] == "succeeded" and read.get("scored") and read.get("model_seconds"):
            speed = t(
                "operation.language_speed",
                scored=whole(read["scored"]),
                run_id=run["id"],
                per_second=whole(read["scored"] / read["model_seconds"]),
                backend=run["counts"].get("text_backend") or NOTHING,
            )
            return f"{said or t('operation.language_unknown')} {speed}"
    return f"{said or t('operation.language_unknown')} {t('operation.language_never')}"


def texts_unread(runs: Sequence[dict[str, Any]]) -> list[str]:
    """Return what to say of texts that the last run that ended well left unread."""
    last = next((run for run in runs if run["status"] == "succeeded"), None)
    unread = last and last["counts"].get("texts", {}).get("unread")
    return [t("operation.texts_unread", unread=whole(unread))] if unread else []


def last_failure(runs: Sequence[dict[str, Any]]) -> list[str]:
    """Return what to say of the last run that ended, if it did not end well.

    Parameters
    ----------
    runs : sequence of dict
        The newest first.
    """
    last = next((run for run in runs if run["status"] in ("succeeded", "failed")), None)
    if last is None or last["status"] == "succeeded":
        return []
    return [t("operation.last_failed", error=last["error"])]


def model_in_words(model: ModelInView | None, zone: tzinfo) -> str:
    """Say which model gives the verdicts."""
    if model is None:
        return t("operation.model_none")
    said = t(
        "operation.model_line",
        id=model.id,
        fitted=moment(model.fitted_at, zone),
        people=whole(model.n_fitted),
        clusters=model.parameters["n_clusters"],
        contamination=model.parameters["contamination"],
    )
    flat = model.summary.get("without_contrast")
    if flat:
        columns = ", ".join(t(f"kpis.{column}") for column in flat)
        said += " " + t("operation.model_flat", columns=columns)
    return said


def runs_table(runs: Sequence[dict[str, Any]], zone: tzinfo) -> pd.DataFrame:
    """Return the latest runs, the newest first."""
    return pd.DataFrame(
        {
            t("operation.run"): run["id"],
            t("operation.kind"): t(f"run_kind.{run['kind']}"),
            t("operation.status"): t(f"run_status.{run['status']}"),
            t("operation.requested_by"): run["requested_by"],
            t("operation.as_of"): _moment(run["as_of"], zone),
            t("operation.duration"): _duration(run),
            t("operation.count"): run["counts"].get("people"),
            t("operation.transitions"): run["counts"].get("transitions"),
            t("operation.error"): run["error"] or "",
        }
        for run in runs
    )


def stages_table(run: dict[str, Any]) -> pd.DataFrame:
    """Return how long each stage of a run took."""
    columns = [t("cli.summary_stage"), t("operation.seconds")]
    rows = [(t(f"cli.stage_{stage['name']}"), stage["seconds"]) for stage in run["stages"]]
    return pd.DataFrame(rows, columns=columns)


def unresolved_table(runs: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return how many rows of each source table belong to nobody, as the last reading counted."""
    rows = [
        (table, found["unresolved_rows"], found["contradictory_rows"], found["rows"])
        for table, found in sorted(_last_reading(runs).get("tables", {}).items())
        if found["unresolved_rows"] or found["contradictory_rows"]
    ]
    names = ("source_table", "unresolved_rows", "contradictory_rows", "rows")
    return pd.DataFrame(rows, columns=[t(f"operation.{name}") for name in names])


def references_in_words(runs: Sequence[dict[str, Any]]) -> list[str]:
    """Say what the last reading found of references that mean nobody, or that two people claim."""
    if not _last_reading(runs):
        return [t("operation.unresolved_unknown")]
    claimed = _last_reading(runs)["contradictory_references"]
    said = [t("operation.contradictions", count=whole(claimed))] if claimed else []
    if len(unresolved_table(runs)):
        return [t("operation.unresolved_note"), *said]
    return said or [t("operation.unresolved_none")]


def _last_reading(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return next((run["counts"]["unresolved"] for run in runs if "unresolved" in run["counts"]), {})


def _moment(when: datetime | None, zone: tzinfo) -> str:
    return NOTHING if when is None else moment(when, zone)


def _duration(run: dict[str, Any]) -> str:
    if run["started_at"] is None or run["finished_at"] is None:
        return NOTHING
    return seconds((run["finished_at"] - run["started_at"]).total_seconds())
