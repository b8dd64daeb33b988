"""The sidebar's pulse: one light fragment that looks for news and redraws only then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Final

import streamlit as st

from aura_engine.errors import AuraError
from aura_engine.i18n import t
from aura_engine.store.access import Viewer
from aura_engine.store.reads import DataVersion, ServiceStatus, data_version, runs, services
from aura_ui import databases, rerun
from aura_ui.failures import FAILED
from aura_ui.formats import ago, moment
from aura_ui.page import DRAWN, now
from aura_ui.roles import OPERATORS

BUSY_SECONDS: Final = 1.0
"""Between two looks while a run waits or goes on,"""
IDLE_SECONDS: Final = 4.0
"""and otherwise."""
SOURCES: Final = ("aura_auth", "aura_social", "aura_messaging")
_INTERVAL: Final = "pulse_seconds"
_LOST: Final = "store_lost_at"


@dataclass(frozen=True)
class Pulse:
    """What one look found."""

    version: DataVersion | None
    latest_run: dict[str, Any] | None
    parts: dict[str, ServiceStatus]


def sidebar(viewer: Viewer, *, is_demo: bool) -> None:
    """Draw what stands in the sidebar beneath the navigation.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    is_demo : bool
        Whether the data are invented, which is said on every page.
    """
    # The page is drawn after the sidebar: until then there is nothing that could be outdated.
    st.session_state.pop(DRAWN, None)
    st.session_state.pop(FAILED, None)
    if is_demo:
        st.html(f'<div class="aura-demo">{escape(t("ui.demo_data"))}</div>')
    is_live = st.toggle(t("ui.live"), value=True, key="live", help=t("ui.live_help"))
    interval = st.session_state.get(_INTERVAL, IDLE_SECONDS) if is_live else None
    st.fragment(_beat, run_every=interval)(viewer)
    if viewer.role in OPERATORS:
        rerun.form(viewer)


def _beat(viewer: Viewer) -> None:
    found = _look(viewer)
    if found is None:
        return
    _redraw_if_new(found)
    busy = found.latest_run is not None and found.latest_run["status"] in ("queued", "running")
    _keep_pace(BUSY_SECONDS if busy else IDLE_SECONDS)
    zone = databases.settings().zone
    version = found.version
    if version is None:
        st.caption(t("ui.data_none"))
    else:
        exact = moment(version.as_of, zone)
        age = t("ui.data_age", age=ago(version.as_of, now(), zone))
        st.html(f'<span class="aura-note" title="{escape(exact)}">{escape(age)}</span>')
        st.caption(_language(version))
    for complaint in complaints(found.parts, now(), zone) or []:
        st.warning(complaint, icon=":material/warning:")
    if found.latest_run is not None:
        rerun.follow(found.latest_run, viewer)


def _look(viewer: Viewer) -> Pulse | None:
    try:
        with databases.page_reading() as connection:
            found = Pulse(
                data_version(connection, viewer),
                next(iter(runs(connection, viewer, limit=1)), None),
                services(connection, viewer),
            )
    except AuraError as error:
        _say_lost(error)
        return None
    st.session_state.pop(_LOST, None)
    return found


def _say_lost(error: AuraError) -> None:
    lost: datetime = st.session_state.setdefault(_LOST, now())
    zone = databases.settings().zone
    if DRAWN in st.session_state:
        st.error(t("ui.store_down", since=ago(lost, now(), zone)), icon=":material/error:")
    else:
        st.error(t("ui.store_down_new"), icon=":material/error:")
    st.caption(str(error))


def _redraw_if_new(found: Pulse) -> None:
    number = found.version.number if found.version else None
    outdated = DRAWN in st.session_state and st.session_state[DRAWN] != number
    if outdated or st.session_state.get(FAILED):
        st.rerun()


def _keep_pace(seconds: float) -> None:
    """Let the next look come sooner or later; the pace is set when the page is drawn."""
    if st.session_state.get(_INTERVAL, IDLE_SECONDS) != seconds:
        st.session_state[_INTERVAL] = seconds
        st.rerun()


def _language(version: DataVersion) -> str:
    if version.text_model is None:
        return t("ui.language_none")
    if version.text_model == "reducido":
        return t("ui.language_reduced")
    return t("ui.language_model", model=version.text_model)


def complaints(parts: dict[str, ServiceStatus], at: datetime, zone: Any) -> list[str]:
    """Return what is missing, in words, with since when; nothing where all is well.

    Parameters
    ----------
    parts : dict
        Of `aura_engine.store.reads.services`.
    at : datetime
        The present.
    zone : tzinfo
        Of the reader.
    """
    said = []
    scheduler = parts.get("scheduler")
    if scheduler is None:
        said.append(t("ui.part_scheduler_never"))
    elif not scheduler.is_up:
        said.append(t("ui.part_scheduler", since=ago(scheduler.since, at, zone)))
    elif problem := scheduler.details.get("problem"):
        said.append(str(problem))
    # Sources are watched by the scheduler: without it, nothing is known of them.
    if scheduler is not None and scheduler.is_up:
        said += [
            t("ui.part_source", database=name, since=ago(parts[name].since, at, zone))
            for name in SOURCES
            if name in parts and not parts[name].is_up
        ]
    return said
