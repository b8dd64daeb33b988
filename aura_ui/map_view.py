"""The map: what is drawn of how many people, what its axes mean, and who is within a rectangle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from sqlalchemy import Connection

from aura_engine.charts import distribution_chart, scatter_chart
from aura_engine.charts.figures import scatter_figure
from aura_engine.charts.map_figures import dense_figure
from aura_engine.errors import ArtefactError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.pipeline.axes import Axis, map_axes
from aura_engine.store.access import Viewer
from aura_engine.store.reads import (
    Box,
    DataVersion,
    Density,
    Scatter,
    Within,
    density,
    people_within,
)
from aura_ui import audited, databases, theme
from aura_ui.formats import NOTHING, moment, whole
from aura_ui.page import now
from aura_ui.people import CARD, PERSON, marks
from aura_ui.roles import CARERS

log = get_logger(__name__)

MAX_POINTS: Final = 5_000
DENSE: Final = 50_000
"""Of more people than this, all are drawn as cells and"""
MAX_OUTLIERS: Final = 2_000
"""so many as points."""
MAX_LISTED: Final = 200
COLOUR: Final = "map_colour"
"""Key of what is chosen above the map; Streamlit forgets it when the page is left."""
KEPT_FOR: Final = timedelta(minutes=30)
KEPT: Final = "map_kept"


@dataclass(frozen=True)
class People:
    """What a map draws: everyone as cells where they are too many, and points."""

    points: Scatter
    everyone: Density | None

    def figure(self, *, by_cluster: bool) -> go.Figure:
        """Return the figure of it, in the reader's colours."""
        if self.everyone is None:
            return scatter_figure(self.points, theme.look(), by_cluster=by_cluster)
        return dense_figure(self.everyone, self.points, theme.look(), by_cluster=by_cluster)

    def said(self) -> str | None:
        """Say who is drawn, where that is not everyone as a point."""
        shown, total = whole(len(self.points.points)), whole(self.points.total)
        if self.everyone is not None:
            return t("map.dense", shown=shown, total=total)
        if len(self.points.points) < self.points.total:
            return t("map.sampled", shown=shown, total=total)
        return None


@dataclass(frozen=True)
class Kept:
    """The map as a reader began to look at it.

    Other data would make the browser draw it anew, and whoever had looked closer or drawn a
    rectangle would have to begin again. So it stays until its reader asks, leaves, or half an hour
    has gone.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    version : DataVersion
        The data that it shows.
    drawn_at : datetime
        When.
    people : People
        Whom it shows.
    meaning : tuple of str
        What its axes mean, in words.
    """

    viewer: Viewer
    version: DataVersion
    drawn_at: datetime
    people: People
    meaning: tuple[str, ...]

    def is_placed_as(self, version: DataVersion) -> bool:
        """Tell whether people stand where this map shows them, but for who moved on since.

        Each whole run places everyone anew, and one with another model on other axes.
        """
        return self.version.run_id == version.run_id

    def is_of(self, viewer: Viewer) -> bool:
        """Tell whether a viewer still looks at this map."""
        return self.viewer == viewer and now() - self.drawn_at < KEPT_FOR


def on_view(connection: Connection, viewer: Viewer, version: DataVersion) -> Kept:
    """Return the map that this visit to the page shows.

    Parameters
    ----------
    connection : Connection
        In which the page reads.
    viewer : Viewer
        Who looks.
    version : DataVersion
        The data in view.
    """
    kept: Kept | None = st.session_state.get(KEPT)
    is_same_visit = COLOUR in st.session_state
    if kept is not None and is_same_visit and kept.is_of(viewer):
        return kept
    st.session_state.pop(KEPT, None)
    viewer.require_aggregates()
    people = _read_once(_seen_alike(connection, viewer, version), connection, viewer)
    axes = read_axes(connection, viewer)
    meaning = tuple(axes_in_words(axes)) if axes else ()
    found = Kept(viewer, version, now(), people, meaning)
    if axes is not None:  # else each drawing says what is missing
        st.session_state[KEPT] = found
    return found


def offer_to_redraw(kept: Kept, version: DataVersion, zone: tzinfo) -> None:
    """Say that there are newer data than the map shows, and draw the way to them.

    Parameters
    ----------
    kept : Kept
        Of `on_view`.
    version : DataVersion
        The data in view.
    zone : tzinfo
        Of the reader.
    """
    if kept.version.number == version.number:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("map.newer", when=moment(version.as_of, zone)))
        st.button(t("map.redraw"), key="map_redraw", icon=":material/refresh:", on_click=_drop)


def _drop() -> None:
    st.session_state.pop(KEPT, None)


@st.cache_data(max_entries=8, ttl=KEPT_FOR, show_spinner=False)
def _read_once(seen_alike: str, _connection: Connection, _viewer: Viewer) -> People:  # noqa: ARG001
    """Read whom a map draws once for all who see the same people of the same data.

    Streamlit tells answers apart by the first argument alone: it leaves out those with underscores.
    """
    return read_people(_connection, _viewer)


def _seen_alike(connection: Connection, viewer: Viewer, version: DataVersion) -> str:
    data = (str(connection.engine.url), version.number, version.run_id, version.changed_at)
    return repr((viewer.role, viewer.scope(), DENSE, MAX_OUTLIERS, data))


def read_people(connection: Connection, viewer: Viewer) -> People:
    """Return what the map draws of those in view.

    Parameters
    ----------
    connection : Connection
        In which the page reads.
    viewer : Viewer
        Who looks.
    """
    if distribution_chart(connection, viewer).total <= DENSE:
        return People(scatter_chart(connection, viewer, max_points=MAX_POINTS), None)
    points = scatter_chart(connection, viewer, max_points=MAX_OUTLIERS)
    return People(points, density(connection, viewer))


def read_axes(connection: Connection, viewer: Viewer) -> tuple[Axis, Axis] | None:
    """Return what the axes mean; without the model the map is drawn all the same.

    Parameters
    ----------
    connection, viewer
        As of `read_people`.
    """
    try:
        return map_axes(connection, viewer)
    except ArtefactError as error:
        log.warning("no_axes", reason=str(error))
        st.warning(t("map.no_axes", error=error), icon=":material/error:")
        return None


def axes_in_words(axes: tuple[Axis, Axis]) -> list[str]:
    """Say what stands to the right and what above; nothing of an axis on which all are alike."""
    return [
        t(f"map.{direction}", more=_listed([_leads(*kpi) for kpi in leading]))
        for direction, axis in zip(("right", "up"), axes, strict=True)
        if (leading := axis.leading())
    ]


def within(viewer: Viewer, box: Box, zone: tzinfo) -> None:
    """Draw who stands within a rectangle, with the way to their pages for who may see them.

    Parameters
    ----------
    viewer : Viewer
        Who looks.
    box : Box
        The rectangle.
    zone : tzinfo
        Of the reader.
    """
    audited.list_shown(viewer, "mapa", "rectangulo")
    with databases.page_reading() as connection:
        found = people_within(connection, viewer, box, limit=MAX_LISTED)
    if not found.people:
        st.info(t("map.selected_none"))
        return
    key = "map.selected_most" if len(found.people) < found.total else "map.selected"
    st.markdown(f"**{t(key, total=whole(found.total), shown=whole(len(found.people)))}**")
    is_carer = viewer.role in CARERS
    if is_carer:
        st.caption(t("map.selected_open"))
    selection: Any = st.dataframe(
        within_table(found, zone),
        hide_index=True,
        placeholder=NOTHING,
        key=f"map_within_{box.left:g}_{box.right:g}_{box.bottom:g}_{box.top:g}",
        on_select="rerun" if is_carer else "ignore",
        selection_mode="single-row",
    )
    if is_carer and (chosen := selection.selection.rows):
        st.switch_page(CARD, query_params={PERSON: found.people[chosen[0]]["pseudonym"]})


def within_table(found: Within, zone: tzinfo) -> pd.DataFrame:
    """Return who stands within a rectangle, by pseudonym."""
    return pd.DataFrame(
        {
            t("high.asi"): round(row["severity_index"]),
            t("map.pseudonym"): row["pseudonym"],
            t("ui.level"): t(f"levels.{row['cluster_label']}"),
            t("map.by_cluster"): row["kmeans_cluster"],
            t("high.evidence"): row["evidence"],
            t("high.marks"): " · ".join(marks(row)),
            t("high.verdict"): moment(row["verdict_as_of"], zone),
        }
        for row in found.people
    )


def _leads(column: str, grows: bool) -> str:
    return t(f"{'map_more' if grows else 'map_less'}.{column}")


def _listed(said: Sequence[str]) -> str:
    if len(said) == 1:
        return said[0]
    return t("map.and", first=", ".join(said[:-1]), last=said[-1])
