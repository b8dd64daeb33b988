"""Which cases the page of cases shows: held in its address, in words and never by an id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st

from aura_engine.charts.palette import LEVEL_ORDER
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.store.access import Viewer
from aura_engine.store.cases import CaseStage, Priority
from aura_engine.store.reads import CaseFilter
from aura_ui.plain import let_go

MINE, TEAM, TO_REVIEW, UNKNOWN = "mios", "equipo", "revisar", "insuficientes"
VIEWS: Final = (MINE, TEAM, TO_REVIEW, UNKNOWN)
LIST, BOARD = "lista", "tablero"
_LEVELS: Final = {level.name.lower(): level for level in LEVEL_ORDER}
_YES: Final = "1"
_PREFIX: Final = "cases_"
_PLAIN: Final[Mapping[str, Any]] = {
    "etapa": "", "prioridad": "", "nivel": "", "vencidos": False, "libres": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asked for; the names are those of the address.

    Parameters
    ----------
    vista : str
        One of `VIEWS`.
    forma : str
        `LIST` or `BOARD`.
    etapa, prioridad, nivel : str
        Names of a stage, a priority and a level; "" for all.
    vencidos, libres : bool
        Only those overdue; only those that nobody has.
    pagina : int
        Which page of the list, from 1.
    """

    vista: str = MINE
    forma: str = LIST
    etapa: str = ""
    prioridad: str = ""
    nivel: str = ""
    vencidos: bool = False
    libres: bool = False
    pagina: int = 1

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Wanted:
        """Read an address; what it cannot mean, or its view does not offer, counts as not given."""

        def one_of(name: str, known: tuple[str, ...], otherwise: str = "") -> str:
            given = query.get(name, "")
            return given if given in known else otherwise

        page = query.get("pagina", "")
        found = cls(
            vista=one_of("vista", VIEWS, MINE),
            forma=one_of("forma", (BOARD,), LIST),
            etapa=one_of("etapa", _stages_of(query.get("vista", ""))),
            prioridad=one_of("prioridad", tuple(p.value.lower() for p in Priority)),
            nivel=one_of("nivel", tuple(_LEVELS)),
            vencidos=query.get("vencidos") == _YES,
            libres=query.get("libres") == _YES,
            pagina=max(1, int(page)) if page.isdecimal() and len(page) < 7 else 1,
        )
        offered = found.offered
        return replace(
            found, **{name: plain for name, plain in _PLAIN.items() if name not in offered}
        )

    def query(self) -> dict[str, str]:
        """Return the address of it, without what goes without saying."""
        plain = Wanted()
        found = {}
        for name in self.__slots__:
            value = getattr(self, name)
            is_heard = name not in _PLAIN or name in self.offered
            if is_heard and value != getattr(plain, name):
                found[name] = _YES if value is True else str(value)
        return found

    @property
    def is_board(self) -> bool:
        """Whether cases are shown in a column for each stage, which a list to review has not."""
        return self.forma == BOARD and self.vista in (MINE, TEAM)

    @property
    def offered(self) -> frozenset[str]:
        """Names of the filters that the view draws, and that narrow it."""
        if self.vista == UNKNOWN:
            return frozenset()
        offered = {"nivel"}
        if not self.is_board:
            offered.add("etapa")
        if self.vista != TO_REVIEW:
            offered |= {"prioridad", "vencidos"}
        if self.vista != MINE:
            offered.add("libres")
        return frozenset(offered)

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter leaves out some of the view's cases."""
        return bool(self.etapa or self.prioridad or self.nivel or self.vencidos or self.libres)

    def chosen(self, viewer: Viewer) -> CaseFilter:
        """Return the filter of it for a viewer, to whom some cases belong."""
        to_review = {MINE: None, TEAM: False, TO_REVIEW: True}.get(self.vista)
        return CaseFilter(
            assignee=viewer.name if self.vista == MINE else None,
            unassigned=self.libres,
            to_review=None if self.etapa == CaseStage.CLOSED else to_review,
            stage=CaseStage(self.etapa) if self.etapa and not self.is_board else None,
            priority=Priority(self.prioridad.upper()) if self.prioridad else None,
            level=_LEVELS.get(self.nivel),
            overdue=self.vencidos,
        )

    def of_stage(self, viewer: Viewer, stage: CaseStage) -> CaseFilter:
        """Return the filter of one column of the board."""
        return replace(self.chosen(viewer), stage=stage)


def ask(wanted: Wanted) -> None:
    """Draw what narrows the list; the address follows, and the first page is shown.

    Parameters
    ----------
    wanted : Wanted
        What the address says.
    """
    found = wanted
    with st.container(horizontal=True, vertical_alignment="bottom", key="case_filters"):
        if wanted.vista != TO_REVIEW:
            forma = st.segmented_control(
                t("case_lists.form"),
                (LIST, BOARD),
                format_func=lambda name: t(f"case_lists.{name}"),
                default=wanted.forma,
                required=True,
                key=f"{_PREFIX}form",
            )
            found = replace(found, forma=forma)
        if "etapa" in found.offered:
            found = replace(found, etapa=_one("etapa", wanted.etapa, _stages_of(wanted.vista)))
        if "prioridad" in found.offered:
            priorities = tuple(p.value.lower() for p in (Priority.URGENT, Priority.HIGH))
            found = replace(found, prioridad=_one("prioridad", wanted.prioridad, priorities))
        found = replace(found, nivel=_one("nivel", wanted.nivel, tuple(_LEVELS)))
        if "vencidos" in found.offered:
            found = replace(found, vencidos=_is("vencidos", is_on=wanted.vencidos))
        if "libres" in found.offered:
            found = replace(found, libres=_is("libres", is_on=wanted.libres))
    _go(wanted, found)


def choose_view(wanted: Wanted) -> None:
    """Draw the views of the page; another one begins without filters.

    Parameters
    ----------
    wanted : Wanted
        What the address says.
    """
    vista = st.segmented_control(
        t("case_lists.view"),
        VIEWS,
        format_func=lambda name: t(f"case_lists.{name}"),
        default=wanted.vista,
        required=True,
        key=f"{_PREFIX}view",
        label_visibility="collapsed",
    )
    if vista != wanted.vista:
        forget()
        _go(wanted, Wanted(vista=vista, forma=wanted.forma))


def choose_page(wanted: Wanted, pages: int) -> None:
    """Draw the pages of a list that has several."""
    if pages < 2:
        return
    shown = min(wanted.pagina, pages)
    number = st.pagination(pages, default=shown, key=f"{_PREFIX}page_{wanted.vista}_{pages}")
    if number != shown:
        st.query_params.from_dict(replace(wanted, pagina=number).query())
        st.rerun()
    st.caption(t("high.page", page=shown, pages=pages))


def forget() -> None:
    """Let the filters on view leave nothing out."""
    let_go({f"{_PREFIX}{name}": plain for name, plain in _PLAIN.items()})


def drop_filters(wanted: Wanted) -> None:
    """Show all of a view; for a button's callback."""
    forget()
    st.query_params.from_dict(Wanted(vista=wanted.vista, forma=wanted.forma).query())


def _go(wanted: Wanted, found: Wanted) -> None:
    if found != wanted:
        st.query_params.from_dict(replace(found, pagina=1).query())
        st.rerun()


def _stages_of(vista: str) -> tuple[str, ...]:
    """Return the stages that a view holds: of a closed case nobody knows that it was to review."""
    return tuple(s.value for s in CaseStage if vista != TO_REVIEW or s is not CaseStage.CLOSED)


def _one(name: str, given: str, known: tuple[str, ...]) -> str:
    options = ("", *known)
    return st.selectbox(
        t(f"case_lists.{name}"),
        options,
        index=options.index(given) if given in options else 0,
        format_func=lambda option: _word(name, option),
        key=f"{_PREFIX}{name}",
        width=150,
    )


def _word(name: str, option: str) -> str:
    if not option:
        return t(f"case_lists.{name}_all")
    if name == "etapa":
        return t(f"case_stage.{option}")
    if name == "prioridad":
        return t(f"case_priority.{option.upper()}")
    return t(f"levels.{RiskLevel[option.upper()]}")


def _is(name: str, *, is_on: bool) -> bool:
    return st.toggle(t(f"case_lists.{name}"), value=is_on, key=f"{_PREFIX}{name}")
