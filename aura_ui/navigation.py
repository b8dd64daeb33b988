"""The pages: where each lies, what it is called, who may see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from aura_engine.i18n import t
from aura_engine.store.access import Role, Viewer
from aura_ui.roles import CARERS, EVERYONE, OPERATORS, SUPERVISORS

FOLDER: Final = Path(__file__).resolve().parents[1] / "pages"


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One page.

    Parameters
    ----------
    name : str
        Of its file and its address.
    title : str
        Key of its title in the catalogue.
    icon : str
        In the navigation.
    roles : frozenset of Role
        Who may see it; its first line asks for the same.
    group : str
        Key of the heading it stands under.
    """

    name: str
    title: str
    icon: str
    roles: frozenset[Role]
    group: str

    @property
    def file(self) -> Path:
        """Where the page is."""
        return FOLDER / f"{self.name}.py"


PAGES: Final = (
    PageEntry("hoy", "today.title", ":material/today:", EVERYONE, "ui.group_work"),
    PageEntry("casos", "case_lists.title", ":material/assignment_ind:", CARERS, "ui.group_work"),
    PageEntry("alto_riesgo", "high.title", ":material/list:", EVERYONE, "ui.group_work"),
    PageEntry("ficha", "person.title", ":material/person:", CARERS, "ui.group_work"),
    PageEntry(
        "distribucion", "distribution.title", ":material/bar_chart:", EVERYONE,
        "ui.group_population",
    ),
    PageEntry("mapa", "map.title", ":material/scatter_plot:", EVERYONE, "ui.group_population"),
    PageEntry("perfiles", "profiles.title", ":material/radar:", EVERYONE, "ui.group_population"),
    PageEntry(
        "tendencias", "trends.title", ":material/show_chart:", EVERYONE, "ui.group_population"
    ),
    PageEntry("pantalla", "wall.title", ":material/tv:", EVERYONE, "ui.group_population"),
    PageEntry(
        "operacion", "operation.title", ":material/settings:", OPERATORS, "ui.group_operation"
    ),
    PageEntry(
        "usuarios", "users.title", ":material/manage_accounts:", SUPERVISORS, "ui.group_operation"
    ),
)  # fmt: skip


def pages_for(viewer: Viewer) -> dict[str, list[st.Page]]:
    """Return the pages that a viewer may see, by group.

    The others are there without a link: whoever has their address reads that it is not for them,
    and not that there is no such page.
    """
    groups: dict[str, list[st.Page]] = {}
    hidden: list[st.Page] = []
    for entry in PAGES:
        is_allowed = viewer.role in entry.roles
        page = st.Page(
            entry.file,
            title=t(entry.title),
            icon=entry.icon,
            url_path=entry.name,
            default=entry is PAGES[0],
            visibility="visible" if is_allowed else "hidden",
        )
        (groups.setdefault(t(entry.group), []) if is_allowed else hidden).append(page)
    groups.setdefault(t(PAGES[0].group), []).extend(hidden)
    return groups


def pages_without_content(content: Callable[[], None] | None = None) -> list[st.Page]:
    """Return the addresses of all pages with the same content, or none, behind each."""
    return [
        st.Page(
            content or _nothing,
            title=t("ui.product"),
            url_path=entry.name,
            default=entry is PAGES[0],
        )
        for entry in PAGES
    ]


def _nothing() -> None:
    """Stand for a page that is not drawn."""
