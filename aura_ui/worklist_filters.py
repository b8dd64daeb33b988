"""Whom the work list shows: held in the page's address, by pseudonym and never by a name or id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st

from aura_engine.charts.palette import LEVEL_ORDER
from aura_engine.domain import RiskLevel
from aura_engine.i18n import t
from aura_engine.store.access import Viewer
from aura_engine.store.pseudonyms import read_beginning
from aura_engine.store.reads import OpenCase, WorkFilter, WorkOrder
from aura_ui.plain import let_go
from aura_ui.roles import CARERS

EVERYONE: Final = "todos"
"""In place of a level."""
ENOUGH, TOO_LITTLE = "suficiente", "insuficiente"
_LEVELS: Final = {level.name.lower(): level for level in LEVEL_ORDER}
_LEAST: Final = (0, 40, 60, 80)
_YES: Final = "1"
_PREFIX: Final = "high_"
_MALFORMED: Final = "high_malformed"
_PLAIN: Final[Mapping[str, Any]] = {
    "caso": "", "evidencia": "", "dejo": False, "minimo": 0, "buscar": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asked for; the names are those of the address.

    Parameters
    ----------
    nivel : str
        Name of a level, or `EVERYONE`.
    orden : str
        Of a `WorkOrder`.
    inverso : bool
        Whether the other end comes first.
    caso : str
        Of an `OpenCase`; "" for all, as in what follows.
    evidencia : str
        `ENOUGH` or `TOO_LITTLE`.
    dejo : bool
        Only those who stopped showing.
    minimo : int
        From which ASI on.
    buscar : str
        With what the pseudonym begins.
    pagina : int
        Which page of the list, from 1.
    """

    nivel: str = "alto"
    orden: str = WorkOrder.ASI.value
    inverso: bool = False
    caso: str = ""
    evidencia: str = ""
    dejo: bool = False
    minimo: int = 0
    buscar: str = ""
    pagina: int = 1

    @classmethod
    def from_query(cls, query: Mapping[str, str], viewer: Viewer) -> Wanted:
        """Read an address; what it cannot mean, or the viewer may not ask, counts as not given."""

        def one_of(name: str, known: tuple[str, ...], otherwise: str = "") -> str:
            given = query.get(name, "")
            return given if given in known else otherwise

        def number(name: str, most: int) -> int:
            given = query.get(name, "")
            return min(int(given), most) if given.isdecimal() and len(given) < 7 else 0

        states = tuple(OpenCase) if viewer.role in CARERS else ()
        return cls(
            nivel=one_of("nivel", (*_LEVELS, EVERYONE), cls().nivel),
            orden=one_of("orden", tuple(WorkOrder), cls().orden),
            inverso=query.get("inverso") == _YES,
            caso=one_of("caso", states),
            evidencia=one_of("evidencia", (ENOUGH, TOO_LITTLE)),
            dejo=query.get("dejo") == _YES,
            minimo=number("minimo", 100),
            buscar=read_beginning(query.get("buscar", "")) or "",
            pagina=max(1, number("pagina", 999_999)),
        )

    def query(self) -> dict[str, str]:
        """Return the address of it, without what goes without saying."""
        plain = Wanted()
        found = {}
        for name in self.__slots__:
            value = getattr(self, name)
            if value != getattr(plain, name):
                found[name] = _YES if value is True else str(value)
        return found

    @property
    def level(self) -> RiskLevel | None:
        """The level that it names; None for all."""
        return _LEVELS.get(self.nivel)

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter leaves out some of the level's people."""
        return any(getattr(self, name) != plain for name, plain in _PLAIN.items())

    def chosen(self) -> WorkFilter:
        """Return the filter of it."""
        return WorkFilter(
            level=self.level,
            case_state=OpenCase(self.caso) if self.caso else None,
            is_sufficient=self.evidencia == ENOUGH if self.evidencia else None,
            stopped_showing=self.dejo,
            least_asi=float(self.minimo) if self.minimo else None,
            prefix=self.buscar or None,
        )


def ask(wanted: Wanted, viewer: Viewer) -> None:
    """Draw what chooses and orders people; the address follows, and the first page is shown.

    Parameters
    ----------
    wanted : Wanted
        What the address says.
    viewer : Viewer
        Who looks.
    """
    options = (*_LEVELS, EVERYONE)
    # A search sets what these two hold, and beside that no default may stand.
    level_key, search_key = f"{_PREFIX}level", f"{_PREFIX}buscar"
    nivel = st.segmented_control(
        t("high.level"),
        options,
        format_func=_level_word,
        default=None if level_key in st.session_state else wanted.nivel,
        required=True,
        key=level_key,
    )
    found = replace(wanted, nivel=nivel or wanted.nivel)
    with st.container(horizontal=True, vertical_alignment="bottom", key="high_filters"):
        found = replace(
            found,
            orden=_one("orden", wanted.orden, tuple(WorkOrder)),
            inverso=_is("inverso", is_on=wanted.inverso),
        )
        if viewer.role in CARERS:
            found = replace(found, caso=_one("caso", wanted.caso, ("", *OpenCase)))
        found = replace(
            found,
            evidencia=_one("evidencia", wanted.evidencia, ("", ENOUGH, TOO_LITTLE)),
            minimo=_least(wanted.minimo),
            dejo=_is("dejo", is_on=wanted.dejo),
        )
        st.text_input(
            t("high.buscar"),
            value="" if search_key in st.session_state else wanted.buscar,
            placeholder=t("high.buscar_placeholder"),
            max_chars=12,
            key=search_key,
            on_change=_search,
            args=(wanted,),
            width=150,
        )
    if st.session_state.get(_MALFORMED):
        st.warning(t("high.buscar_malformed"), icon=":material/search:")
    if found != wanted:
        st.query_params.from_dict(replace(found, pagina=1).query())
        st.rerun()


def choose_page(wanted: Wanted, number: int, pages: int) -> None:
    """Draw the pages of a list that has several.

    Parameters
    ----------
    wanted : Wanted
        What the address says.
    number : int
        Which page is shown.
    pages : int
        How many there are.
    """
    if pages < 2:
        return
    order = "_".join(f"{k}{v}" for k, v in replace(wanted, pagina=1).query().items())
    chosen = st.pagination(pages, default=number, key=f"{_PREFIX}page_{order}_{pages}")
    if chosen != number:
        st.query_params.from_dict(replace(wanted, pagina=chosen).query())
        st.rerun()
    st.caption(t("high.page", page=number, pages=pages))


def drop_filters(wanted: Wanted) -> None:
    """Show all of a level, in the same order; for a button's callback."""
    let_go({f"{_PREFIX}{name}": plain for name, plain in _PLAIN.items()})
    st.session_state.pop(_MALFORMED, None)
    st.query_params.from_dict(replace(wanted, **_PLAIN, pagina=1).query())


def _search(wanted: Wanted) -> None:
    """Look for a pseudonym in all levels; what cannot be the beginning of one stays unsaid."""
    state = st.session_state
    typed = state[f"{_PREFIX}buscar"]
    beginning = read_beginning(typed)
    state[_MALFORMED] = bool(typed.strip()) and beginning is None
    if state[_MALFORMED]:
        return
    nivel = EVERYONE if beginning else wanted.nivel
    state[f"{_PREFIX}level"] = nivel
    state[f"{_PREFIX}buscar"] = beginning or ""
    found = replace(wanted, nivel=nivel, buscar=beginning or "", pagina=1)
    st.query_params.from_dict(found.query())


def _one(name: str, given: str, options: tuple[str, ...]) -> str:
    return st.selectbox(
        t(f"high.{name}"),
        options,
        index=options.index(given) if given in options else 0,
        format_func=lambda option: t(f"high_{name}.{option or 'all'}"),
        key=f"{_PREFIX}{name}",
        width=170,
    )


def _least(given: int) -> int:
    options = sorted({*_LEAST, given})
    return st.selectbox(
        t("high.minimo"),
        options,
        index=options.index(given),
        format_func=lambda least: t("high.minimo_from", least=least) if least else t("high.any"),
        key=f"{_PREFIX}minimo",
        width=120,
    )


def _is(name: str, *, is_on: bool) -> bool:
    return st.toggle(t(f"high.{name}"), value=is_on, key=f"{_PREFIX}{name}")


def _level_word(name: str) -> str:
    return t("high.all_levels") if name == EVERYONE else t(f"levels.{_LEVELS[name]}")
