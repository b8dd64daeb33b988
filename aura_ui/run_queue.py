"""Runs that wait or go on, followed where they can be cancelled."""

from __future__ import annotations

from typing import Final

import streamlit as st

from aura_engine.errors import AuraError
from aura_engine.i18n import t
from aura_engine.store.access import Viewer
from aura_engine.store.reads import runs
from aura_ui import databases, rerun
from aura_ui.failures import last_resort
from aura_ui.formats import ago
from aura_ui.page import now

LOOKS: Final = 2.0
"""Seconds between two looks while a run waits or goes on."""
_LATEST: Final = 30


def section(viewer: Viewer, *, is_open: bool) -> None:
    """Draw the queue; it follows itself while there is something in it.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    is_open : bool
        Whether a run waits or goes on now.
    """
    st.subheader(t("operation.queue"), anchor=False)
    st.fragment(_look, run_every=LOOKS if is_open else None)(viewer)


def _look(viewer: Viewer) -> None:
    with last_resort():
        _draw(viewer)


def _draw(viewer: Viewer) -> None:
    try:
        with databases.page_reading() as connection:
            latest = runs(connection, viewer, limit=_LATEST)
    except AuraError as error:
        st.caption(str(error))
        return
    for run in latest:
        rerun.say_refused(run["id"], place=f"queue_{run['id']}")
    waiting = [run for run in reversed(latest) if rerun.is_open(run)]
    if not waiting:
        st.caption(t("operation.queue_empty"))
    zone = databases.zone()
    for run in waiting:
        with st.container(border=True):
            rerun.say_progress(run)
            st.caption(
                t(
                    "operation.queue_line",
                    kind=t(f"run_kind.{run['kind']}"),
                    who=run["requested_by"],
                    when=ago(run["requested_at"], now(), zone),
                )
            )
            rerun.offer_to_cancel(run, viewer, place=f"queue_{run['id']}")
