"""Asking for a run from the sidebar, and following it: nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import streamlit as st

from aura_engine.errors import AccessDenied, AuraError
from aura_engine.i18n import t
from aura_engine.pipeline import STAGES, RunParameters
from aura_engine.pipeline.choice import DEFAULT_PARAMETERS
from aura_engine.pipeline.pace import pace
from aura_engine.store.access import Viewer
from aura_engine.store.queue import cancel, enqueue
from aura_engine.store.reads import model_in_view
from aura_ui import databases, dialogs, guard
from aura_ui.formats import seconds, whole
from aura_ui.page import now
from aura_ui.roles import OPERATORS

_CLUSTERS: Final = "run_n_clusters"
_CONTAMINATION: Final = "run_contamination"
_SKIP_NLP: Final = "run_skip_nlp"
_ASKED: Final = "run_asked_for"
_SAID: Final = "run_said"
_REFUSED: Final = "run_refused"
_DISMISSED: Final = "run_dismissed"
_CONFIRMING: Final = "run_cancel_confirming"
_NOT_CANCELLED: Final = "run_not_cancelled"
_DIALOG: Final = "rerun"


def form(viewer: Viewer) -> None:
    """Draw the parameters and the button that asks for a run."""
    try:
        with databases.page_reading() as connection:
            model = model_in_view(connection, viewer)
    except AuraError:
        return  # The pulse above says what is missing.
    held = model.parameters if model else DEFAULT_PARAMETERS
    with st.expander(t("rerun.title"), icon=":material/refresh:"), st.form("rerun", border=False):
        st.caption(t("rerun.help"))
        # A slider of a fixed key would keep an older model's value, and asking again would fit one.
        clusters_key = f"{_CLUSTERS} {held['n_clusters']}"
        contamination_key = f"{_CONTAMINATION} {held['contamination']}"
        st.slider(t("rerun.n_clusters"), 2, 10, int(held["n_clusters"]), key=clusters_key)
        st.slider(
            t("rerun.contamination"),
            0.01,
            0.5,
            float(held["contamination"]),
            0.01,
            key=contamination_key,
        )
        st.checkbox(t("rerun.skip_nlp"), key=_SKIP_NLP)
        st.caption(t("rerun.new_model"))
        # A callback runs before the page is drawn. A button's value would be lost whenever the
        # pulse above redraws the page before this line is reached.
        st.form_submit_button(
            t("rerun.submit"),
            type="primary",
            width="stretch",
            on_click=_weigh,
            args=(clusters_key, contamination_key),
        )
    if dialogs.is_shown(_DIALOG):
        title = t("rerun.confirm_title")
        st.dialog(title, on_dismiss=dialogs.close)(_draw_confirmation)(viewer, held)
    if refusal := st.session_state.get(_REFUSED):
        st.error(refusal, icon=":material/error:")
    if message := st.session_state.get(_SAID):
        st.caption(message)


def follow(run: dict[str, Any], viewer: Viewer) -> None:
    """Show how far the latest run is, and how it ended to whoever asked for it or looks after runs.

    Parameters
    ----------
    run : dict
        Of `aura_engine.store.reads.runs`.
    viewer : Viewer
        Who looks.
    """
    run_id = run["id"]
    if st.session_state.get(_ASKED) != run_id:
        st.session_state.pop(_SAID, None)
    if is_open(run):
        say_progress(run)
    elif st.session_state.get(_DISMISSED) != run_id:
        _say_how_it_ended(run, viewer)
    say_refused(run_id, place="run")
    if is_open(run) and viewer.role in OPERATORS:
        offer_to_cancel(run, viewer, place="run")


def say_progress(run: dict[str, Any]) -> None:
    """Draw how far a run is that waits or goes on.

    Parameters
    ----------
    run : dict
        As of `follow`.
    """
    if run["status"] == "queued":
        st.progress(0.0, t("rerun.queued", run_id=run["id"]))
        return
    stage = t(f"cli.stage_{run['stage']}") if run["stage"] else t("rerun.starting")
    st.progress(progress(run), t("rerun.running", run_id=run["id"], stage=stage))
    elapsed = seconds((now() - run["started_at"]).total_seconds())
    st.caption(t("rerun.elapsed", elapsed=elapsed))
    if said := pace_in_words(run):
        st.caption(said)


def is_open(run: dict[str, Any] | None) -> bool:
    """Tell whether a run waits or goes on."""
    return run is not None and run["status"] in ("queued", "running")


def progress(run: dict[str, Any]) -> float:
    """Return which part of a run's stages is behind it, 0-1; a stage under way counts by rows."""
    ended = [stage["name"] for stage in run["stages"]]
    within = 0.0
    if run["stage_total"] and run["stage"] not in ended:
        within = min(1.0, run["stage_done"] / run["stage_total"])
    return min(1.0, (len(ended) + within) / len(STAGES))


def pace_in_words(run: dict[str, Any]) -> str | None:
    """Say how fast the stage under way goes and how long it will take; None if unknown."""
    began, beat = run["stage_started_at"], run["heartbeat_at"]
    if began is None or beat is None:
        return None
    found = pace(run["stage_done"], run["stage_total"], (beat - began).total_seconds())
    if found is None:
        return None
    return t(
        "rerun.pace",
        done=whole(run["stage_done"]),
        total=whole(run["stage_total"]),
        per_second=whole(found.per_second),
        left=seconds(found.seconds_left),
    )


def _say_how_it_ended(run: dict[str, Any], viewer: Viewer) -> None:
    asked_here = st.session_state.get(_ASKED) == run["id"]
    if run["status"] == "succeeded":
        if asked_here:
            st.session_state.pop(_SAID, None)
            elapsed = seconds((run["finished_at"] - run["started_at"]).total_seconds())
            st.success(t("rerun.done", run_id=run["id"], elapsed=elapsed))
        return
    if not (asked_here or viewer.role in OPERATORS):
        return
    st.session_state.pop(_SAID, None)
    if run["status"] == "cancelled":
        st.info(t("rerun.cancelled", run_id=run["id"]), icon=":material/cancel:")
    else:
        st.error(t("rerun.failed", run_id=run["id"], error=run["error"]), icon=":material/error:")
    st.button(t("rerun.dismiss"), key="run_dismiss", on_click=_dismiss, args=(run["id"],))


def _dismiss(run_id: int) -> None:
    st.session_state[_DISMISSED] = run_id
    st.session_state.pop(_NOT_CANCELLED, None)


def offer_to_cancel(run: dict[str, Any], viewer: Viewer, *, place: str) -> None:
    """Draw the way to cancel a run that waits or goes on, which asks once more before it does.

    Parameters
    ----------
    run : dict
        As of `follow`.
    viewer : Viewer
        Who looks.
    place : str
        With what the names of the buttons begin; a run may be offered in several places.
    """
    run_id = run["id"]
    if run["cancel_requested_at"] is not None:
        st.caption(t("rerun.cancelling"))
        return
    if st.session_state.get(_CONFIRMING) != (place, run_id):
        asked = (place, run_id)
        st.button(t("rerun.cancel"), key=f"{place}_cancel", on_click=_confirm, args=(asked,))
        return
    st.caption(t(f"rerun.cancel_{run['status']}", run_id=run_id))
    with st.container(horizontal=True):
        st.button(
            t("rerun.cancel_yes"),
            key=f"{place}_cancel_yes",
            on_click=_cancel,
            args=(viewer, run_id, place),
        )
        st.button(t("rerun.cancel_no"), key=f"{place}_cancel_no", on_click=_confirm, args=(None,))


def say_refused(run_id: int, *, place: str) -> None:
    """Say why a run was not cancelled where that was asked, until something else is asked.

    Parameters
    ----------
    run_id : int
        Which run stands there.
    place : str
        As of `offer_to_cancel`.
    """
    asked, said = st.session_state.get(_NOT_CANCELLED, (None, ""))
    if asked == (place, run_id):
        st.warning(said, icon=":material/info:")


def _confirm(asked: tuple[str, int] | None) -> None:
    st.session_state.pop(_NOT_CANCELLED, None)
    st.session_state[_CONFIRMING] = asked


def _cancel(viewer: Viewer, run_id: int, place: str) -> None:
    _confirm(None)
    try:
        guard.require_same(viewer)
        if viewer.role not in OPERATORS:
            raise AccessDenied(t("ui.not_for_role", role=t(f"roles.{viewer.role}")))
        if not cancel(databases.store(), run_id):
            too_late = t("rerun.cancel_too_late", run_id=run_id)
            st.session_state[_NOT_CANCELLED] = ((place, run_id), too_late)
    except AuraError as error:
        st.session_state[_NOT_CANCELLED] = ((place, run_id), str(error))


def _weigh(clusters_key: str, contamination_key: str) -> None:
    """Ask once more before a run is asked for; what was chosen is as it was now."""
    state = st.session_state
    for said in (_REFUSED, _SAID, _NOT_CANCELLED):
        state.pop(said, None)
    chosen = RunParameters(
        n_clusters=state[clusters_key],
        contamination=state[contamination_key],
        skip_nlp=state[_SKIP_NLP],
    )
    dialogs.show(_DIALOG, chosen)


def _draw_confirmation(viewer: Viewer, held: Mapping[str, Any]) -> None:
    if not dialogs.is_shown(_DIALOG):
        st.rerun()  # a button of the dialog was pressed, and only the page takes it away
    chosen: RunParameters = dialogs.about()
    st.markdown(
        t(
            "rerun.confirm",
            n_clusters=chosen.n_clusters,
            contamination=f"{chosen.contamination:g}",
            texts=t("rerun.without_texts" if chosen.skip_nlp else "rerun.with_texts"),
        )
    )
    is_same = (chosen.n_clusters, chosen.contamination) == (
        held["n_clusters"],
        held["contamination"],
    )
    if not is_same:
        st.warning(t("rerun.new_model"), icon=":material/info:")
    with st.container(horizontal=True):
        st.button(
            t("rerun.confirm_yes"),
            key="run_confirm",
            type="primary",
            on_click=_ask,
            args=(viewer, chosen),
        )
        st.button(t("rerun.confirm_no"), key="run_confirm_no", on_click=dialogs.close)


def _ask(viewer: Viewer, chosen: RunParameters) -> None:
    state = st.session_state
    dialogs.close()
    try:
        guard.require_same(viewer)
        request = enqueue(
            databases.store(),
            kind="full",
            parameters=asdict(chosen),
            requested_by=t("rerun.requested_by", name=viewer.name),
        )
    except AuraError as error:
        state[_REFUSED] = str(error)
        return
    state[_ASKED] = request.run_id
    state[_SAID] = t("rerun.joined" if request.joined else "rerun.asked", run_id=request.run_id)
