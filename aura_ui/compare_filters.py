"""Which two runs are compared, and whom of those who moved the list holds: from the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import tzinfo
from typing import Final

import streamlit as st

from aura_engine.charts.palette import LEVEL_ORDER
from aura_engine.i18n import t
from aura_engine.store.reads import ComparableRun, MoveCause, MoveFilter, RunPair
from aura_ui.formats import moment
from aura_ui.operation import COMPARE, VIEW

CAME: Final = "llego"
"""In place of the level before, for whoever was not there yet."""
PAGE: Final = 25
_LEVELS: Final = {level.name.lower(): level for level in LEVEL_ORDER}
_CAUSES: Final = {
    "conducta": MoveCause.BEHAVIOUR,
    "modelo": MoveCause.MODEL,
    "ambas": MoveCause.BOTH,
    "llegada": MoveCause.CAME,
}
_MOST_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asked for; the names are those of the address.

    Parameters
    ----------
    antes, despues : int
        Numbers of the runs; 0 where not given.
    de, a : str
        Names of levels, `CAME`, or "" for all.
    motivo : str
        Why they moved; "" for all.
    pagina : int
        Which page of the list, from 1.
    """

    antes: int = 0
    despues: int = 0
    de: str = ""
    a: str = ""
    motivo: str = ""
    pagina: int = 1

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Wanted:
        """Read an address; what it cannot mean counts as not given."""

        def number(name: str) -> int:
            given = query.get(name, "")
            return int(given) if given.isdecimal() and len(given) <= _MOST_DIGITS else 0

        def one_of(name: str, known: Sequence[str]) -> str:
            given = query.get(name, "")
            return given if given in known else ""

        return cls(
            antes=number("antes"),
            despues=number("despues"),
            de=one_of("de", (*_LEVELS, CAME)),
            a=one_of("a", tuple(_LEVELS)),
            motivo=one_of("motivo", tuple(_CAUSES)),
            pagina=max(1, number("pagina")),
        )

    def query(self) -> dict[str, str]:
        """Return the address of it, without what goes without saying."""
        plain = asdict(Wanted())
        given = {name: str(value) for name, value in asdict(self).items() if value != plain[name]}
        return {VIEW: COMPARE, **given}

    def chosen(self) -> MoveFilter:
        """Return the filter of it."""
        return MoveFilter(
            came=self.de == CAME,
            from_level=_LEVELS.get(self.de),
            to_level=_LEVELS.get(self.a),
            cause=_CAUSES.get(self.motivo),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter leaves out some of those who moved."""
        return bool(self.de or self.a or self.motivo)

    def runs(self, choices: Sequence[ComparableRun]) -> tuple[int, int] | None:
        """Return the numbers of the two runs: as asked for, else the last full one and its former.

        Parameters
        ----------
        choices : sequence of ComparableRun
            The newest first.

        Returns
        -------
        tuple of int and int, or None
            None where there are not two.
        """
        if self.antes and self.despues:
            return self.antes, self.despues
        full = [run.id for run in choices if run.kind == "full"]
        known = full if len(full) > 1 else [run.id for run in choices]
        after = self.despues or next((run for run in known if run > self.antes), 0)
        before = self.antes or next((run for run in known if run < after), 0)
        return (before, after) if before and after else None


def choose_runs(
    wanted: Wanted, asked: tuple[int, int], choices: Sequence[ComparableRun], zone: tzinfo
) -> None:
    """Draw the choice of two runs; the address follows, and filters stay.

    Parameters
    ----------
    wanted : Wanted
        What the address says.
    asked : tuple of int and int
        Which runs are shown.
    choices : sequence of ComparableRun
        What there is to choose from.
    zone : tzinfo
        Of the reader.
    """
    names = {run.id: run_in_words(run, zone) for run in choices}
    options = sorted({*names, *asked}, reverse=True)
    found = []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, run_id in zip(("antes", "despues"), asked, strict=True):
            found.append(
                st.selectbox(
                    t(f"compare.{name}"),
                    options,
                    index=options.index(run_id),
                    format_func=lambda run: names.get(run, t("compare.run", run_id=run)),
                    # A key of its own for each address: another one begins with what it says.
                    key=f"compare_{name}_{run_id}",
                    width=330,
                )
            )
    if tuple(found) != asked:
        _go(replace(wanted, antes=found[0], despues=found[1], pagina=1))


def filters(wanted: Wanted) -> None:
    """Draw what narrows the list; the address follows, and the first page is shown."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = replace(
            wanted,
            de=_one("de", wanted.de, ("", *_LEVELS, CAME)),
            a=_one("a", wanted.a, ("", *_LEVELS)),
            motivo=_one("motivo", wanted.motivo, ("", *_CAUSES)),
        )
    if found != wanted:
        _go(replace(found, pagina=1))


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
    order = "_".join(replace(wanted, pagina=1).query().values())
    chosen = st.pagination(pages, default=number, key=f"compare_page_{order}_{pages}")
    if chosen != number:
        _go(replace(wanted, pagina=chosen))
    st.caption(t("high.page", page=number, pages=pages))


def run_in_words(run: ComparableRun, zone: tzinfo) -> str:
    """Return a run's number, kind, moment and model."""
    return t(
        "compare.run_line",
        run_id=run.id,
        kind=t(f"run_kind.{run.kind}"),
        when=moment(run.as_of, zone),
        model=run.model_version_id,
    )


def pair_in_words(pair: RunPair, zone: tzinfo) -> str:
    """Return which two runs are compared."""
    return t(
        "compare.pair",
        before=run_in_words(pair.before, zone),
        after=run_in_words(pair.after, zone),
    )


def _one(name: str, given: str, options: tuple[str, ...]) -> str:
    return st.selectbox(
        t(f"compare.{name}"),
        options,
        index=options.index(given),
        format_func=_option,
        key=f"compare_{name}_{given}",
        width=190,
    )


def _option(name: str) -> str:
    if name in _LEVELS:
        return t(f"levels.{_LEVELS[name]}")
    if name in _CAUSES:
        return t(f"reasons.{_CAUSES[name]}")
    return t("compare.came_one" if name == CAME else "compare.any")


def _go(wanted: Wanted) -> None:
    st.query_params.from_dict(wanted.query())
    st.rerun()
