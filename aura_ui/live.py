"""The sidebar's pulse: one light fragment that looks for news and redraws only then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import Any, Final

import streamlit as st

from aura_engine.domain import REDUCED_LANGUAGE_MODEL
from aura_engine.errors import AuraError
from aura_engine.i18n import t
from aura_engine.store.access import Viewer
from aura_engine.store.reads import (
    DataVersion,
    NoticeChannel,
    ServiceStatus,
    case_version,
    data_version,
    notice_channels,
    runs,
    services,
)
from aura_ui import arrivals, databases, guard, notices, rerun, theme
from aura_ui.failures import FAILED, last_resort
from aura_ui.formats import ago, moment
from aura_ui.page import DRAWN, DRAWN_CASES, HELD, is_held, now
from aura_ui.roles import OPERATORS

BUSY_SECONDS: Final = 1.0
"""Between two looks while a run waits or goes on,"""
IDLE_SECONDS: Final = 4.0
"""and otherwise."""
SOURCES: Final = ("aura_auth", "aura_social", "aura_messaging")
OLD_AFTER: Final = timedelta(hours=26)
"""Data older than a night and a little more miss a nightly run."""
DRAWN_STATE: Final = "drawn_state"
"""In the session: the `state` that a page of operations shows."""
DRAWN_HEALTH: Final = "drawn_health"
"""In the session: the `health` that the page on view tells of, if it does."""
_PACE: Final = "pulse_seconds"
_LOST: Final = "store_lost_at"
_SEEN: Final = "data_seen_as_of"


@dataclass(frozen=True)
class Pulse:
    """What one look found."""

    version: DataVersion | None
    latest_run: dict[str, Any] | None
    parts: dict[str, ServiceStatus]
    channels: Sequence[NoticeChannel] = ()
    cases: str = ""

    def is_old(self, at: datetime) -> bool:
        """Tell whether a nightly run is missing by a moment."""
        return self.version is not None and at - self.version.as_of > OLD_AFTER


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
    for drawn in (DRAWN, DRAWN_CASES, DRAWN_STATE, DRAWN_HEALTH, FAILED, HELD):
        st.session_state.pop(drawn, None)
    if is_demo:
        st.html(f'<div class="aura-demo">{escape(t("ui.demo_data"))}</div>')
    is_live = st.toggle(t("ui.live"), value=True, key="live", help=t("ui.live_help"))
    pace = st.session_state.get(_PACE, IDLE_SECONDS)
    # What was asked for is followed, and what is away is looked for, whatever the switch says.
    awaited = pace == BUSY_SECONDS or _LOST in st.session_state
    st.fragment(_beat, run_every=pace if is_live or awaited else None)(viewer)
    if viewer.role in OPERATORS:
        rerun.form(viewer)


def _beat(viewer: Viewer) -> None:
    with last_resort():
        if guard.is_another(viewer):
            st.rerun()  # a tick alone would go on showing what somebody else may see
        if theme.is_another():
            st.rerun()  # what is drawn for one ground cannot be read on the other
        found = _look(viewer)
        if found is not None:
            if not is_held():
                _redraw_if_new(found)
                _keep_pace(BUSY_SECONDS if rerun.is_open(found.latest_run) else IDLE_SECONDS)
            _tell(found, viewer)


def _look(viewer: Viewer) -> Pulse | None:
    try:
        with databases.page_reading() as connection:
            found = Pulse(
                data_version(connection, viewer),
                next(iter(runs(connection, viewer, limit=1)), None),
                services(connection, viewer),
                notice_channels(connection, viewer),
                case_version(connection, viewer),
            )
            if found.version is not None:
                arrivals.look(connection, viewer, found.version)
    except AuraError as error:
        _say_lost(error)
        return None
    if st.session_state.pop(_LOST, None) is not None:
        st.rerun()
    if found.version is not None:
        st.session_state[_SEEN] = found.version.as_of
    return found


def _say_lost(error: AuraError) -> None:
    newly = _LOST not in st.session_state
    lost: datetime = st.session_state.setdefault(_LOST, now())
    zone = databases.zone()
    if _SEEN in st.session_state:
        as_of = moment(st.session_state[_SEEN], zone)
        said = t("ui.store_down", since=ago(lost, now(), zone), as_of=as_of)
    else:
        said = t("ui.store_down_new")
    st.error(said, icon=":material/error:")
    st.caption(str(error))
    if newly and not st.session_state.get("live", True):
        st.rerun()  # so that the next look comes by itself


def _redraw_if_new(found: Pulse) -> None:
    drawn = {
        DRAWN: found.version.number if found.version else None,
        DRAWN_CASES: found.cases,
        DRAWN_STATE: state(found, now()),
        DRAWN_HEALTH: health(found, now()),
    }
    outdated = any(
        name in st.session_state and st.session_state[name] != is_now
        for name, is_now in drawn.items()
    )
    if outdated or st.session_state.get(FAILED):
        st.rerun()


def _keep_pace(seconds: float) -> None:
    """Let the next look come sooner or later; the pace is set when the page is drawn."""
    if st.session_state.get(_PACE, IDLE_SECONDS) != seconds:
        st.session_state[_PACE] = seconds
        st.rerun()


def _tell(found: Pulse, viewer: Viewer) -> None:
    zone = databases.zone()
    version = found.version
    if version is None:
        st.caption(t("ui.data_none"))
    else:
        exact = moment(version.as_of, zone)
        age = t("ui.data_age", age=ago(version.as_of, now(), zone))
        st.html(f'<span class="aura-note" title="{escape(exact)}">{escape(age)}</span>')
        st.caption(_language(version))
        arrivals.tell(zone)
    for complaint in complaints(found, now(), zone):
        st.warning(complaint, icon=":material/warning:")
    if found.latest_run is not None:
        rerun.follow(found.latest_run, viewer)


def state(found: Pulse, at: datetime) -> tuple[Any, ...]:
    """Return what a page of operations shows, so that a change of it redraws the page.

    Parameters
    ----------
    found : Pulse
        What one look found.
    at : datetime
        The present.
    """
    run = found.latest_run
    return (run and (run["id"], run["status"]), *health(found, at))


def health(found: Pulse, at: datetime) -> tuple[Any, ...]:
    """Return what `complaints` depend on but for how long each lasts, whatever runs meanwhile.

    Parameters
    ----------
    found, at
        As of `state`.
    """
    return (
        found.is_old(at),
        *sorted(
            (name, part.is_up, str(part.details.get("problem")))
            for name, part in found.parts.items()
        ),
        *((channel.channel, channel.failing_since) for channel in found.channels),
    )


def data_and_health(found: Pulse, at: datetime, zone: tzinfo) -> None:
    """Say in one line of when the data are and what is missing; the page follows a change of it.

    Parameters
    ----------
    found : Pulse
        What the page has read.
    at : datetime
        The present.
    zone : tzinfo
        Of the reader.
    """
    st.session_state[DRAWN_HEALTH] = health(found, at)
    missing = complaints(found, at, zone)
    told = missing or [t("ui.all_well")]
    if found.version is not None:
        told = [t("ui.data_of", when=moment(found.version.as_of, zone)), *told]
    said = " · ".join(told)
    if missing:
        st.warning(said, icon=":material/warning:")
    else:
        st.caption(said)


def _language(version: DataVersion) -> str:
    if version.text_model is None:
        return t("ui.language_none")
    if version.text_model == REDUCED_LANGUAGE_MODEL:
        return t("ui.language_reduced", model=version.text_model)
    return t("ui.language_model", model=version.text_model)


def complaints(found: Pulse, at: datetime, zone: tzinfo) -> list[str]:
    """Return what is missing, in words, with since when; nothing where all is well.

    Parameters
    ----------
    found : Pulse
        What one look found.
    at : datetime
        The present.
    zone : tzinfo
        Of the reader.
    """
    said = []
    scheduler = found.parts.get("scheduler")
    if scheduler is None:
        said.append(t("ui.part_scheduler_never"))
    elif not scheduler.is_up:
        said.append(t("ui.part_scheduler", since=ago(scheduler.since, at, zone)))
    elif problem := scheduler.details.get("problem"):
        said.append(str(problem))
    # Sources are watched by the scheduler: without it, nothing is known of them.
    if scheduler is not None and scheduler.is_up:
        said += [
            t("ui.part_source", database=name, since=ago(found.parts[name].since, at, zone))
            for name in SOURCES
            if name in found.parts and not (found.parts[name].is_up or found.parts[name].is_silent)
        ]
    said += notices.failing(found.channels, at, zone)
    if found.version is not None and found.is_old(at):
        said.append(t("ui.data_old", when=moment(found.version.as_of, zone)))
    return said
