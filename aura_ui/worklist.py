"""The work list: its table, in which several people are taken at once, and its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, tzinfo
from typing import Any, Final
from zlib import crc32

import pandas as pd
import streamlit as st

from aura_engine.errors import AccessDenied, AuraError
from aura_engine.i18n import t
from aura_engine.store import audit
from aura_engine.store.access import Viewer
from aura_engine.store.reads import WorkOrder, work_count, work_list
from aura_ui import databases, guard, theme
from aura_ui.case_lists import of_rows, times_done
from aura_ui.formats import NOTHING, moment, signed, whole
from aura_ui.people import Reasons, marks, reasons_in_words
from aura_ui.worklist_filters import Wanted

PLACE: Final = "high"
"""With which the names of the page's widgets begin."""
EXPORT_MOST: Final = 10_000
"""People that a file holds."""
EXPORTED: Final = "alto_riesgo_csv"
"""How the log names the export."""
PICKED: Final = f"{PLACE}_picked"
"""In the session: pseudonyms of those who are selected, whatever their order."""
_FILE: Final = "high_file"
_REFUSED: Final = "high_file_refused"
_VOTES: Final = ("vote_kmeans", "vote_dbscan", "vote_forest")

Person = Mapping[str, Any]
"""Of `aura_engine.store.reads.work_list`."""


def day_begins(when: datetime, zone: tzinfo) -> datetime:
    """Return when the reader's day began in which a moment lies."""
    return datetime.combine(when.astimezone(zone).date(), time(), zone)


def table(people: Sequence[Person], reasons: Reasons, zone: tzinfo) -> pd.DataFrame:
    """Return people with headings that readers know; cases only where they are known.

    Parameters
    ----------
    people : sequence of mapping
        The people.
    reasons : mapping
        Of `aura_ui.people.reasons_of`.
    zone : tzinfo
        Of the reader.
    """
    return pd.DataFrame(
        {
            t("high.asi"): row["severity_index"],
            t("high.pseudonym"): row["pseudonym"],
            t("high.change"): None if (change := row["asi_change"]) is None else signed(change),
            **_level_and_case(row),
            t("high.votes"): sum(row[vote] for vote in _VOTES),
            t("high.reasons"): reasons_in_words(reasons, row["pseudonym"]),
            t("high.days"): row["days_without_activity"],
            t("high.evidence"): row["evidence"],
            t("high.marks"): " · ".join(_marks(row)),
            t("high.verdict"): moment(row["verdict_as_of"], zone),
        }
        for row in people
    )


def pick(people: Sequence[Person], shown: pd.DataFrame, *, is_choice: bool) -> list[dict[str, Any]]:
    """Draw the table; return who is selected, each as the case that they have.

    A selection is of positions: when news change who is listed or in which order, it is set anew
    for whoever of the selected is still there.

    Parameters
    ----------
    people : sequence of mapping
        The people.
    shown : DataFrame
        Of `table`.
    is_choice : bool
        Whether rows can be selected.
    """
    names = [row["pseudonym"] for row in people]
    picked = st.session_state.get(PICKED, frozenset())
    places = [place for place, name in enumerate(names) if name in picked]
    order = crc32(" ".join(names).encode())
    selection: Any = st.dataframe(
        shown,
        hide_index=True,
        placeholder=NOTHING,
        height="content",
        key=f"{PLACE}_{order}_{times_done(PLACE)}",
        on_select="rerun" if is_choice else "ignore",
        selection_mode="multi-row",
        selection_default=of_rows(places) if is_choice else None,
        column_config={
            t("high.asi"): st.column_config.ProgressColumn(
                format="%.0f", min_value=0, max_value=100, color=theme.look().accent, width=96
            ),
            t("high.change"): st.column_config.TextColumn(width=80, alignment="right"),
            t("high.reasons"): st.column_config.TextColumn(width=305),
            t("high.marks"): st.column_config.TextColumn(width=130),
            t("high.votes"): st.column_config.NumberColumn(format="%d / 3", width=60),
            t("high.days"): st.column_config.NumberColumn(format="%.0f", width=125),
            t("high.evidence"): st.column_config.NumberColumn(format="%d / 6", width=95),
        },
    )
    if not is_choice:
        return []
    chosen = [people[place] for place in selection.selection.rows if place < len(people)]
    st.session_state[PICKED] = frozenset(row["pseudonym"] for row in chosen)
    return [
        {"id": row["case_id"], "version": row["case_version"], "pseudonym": row["pseudonym"]}
        for row in chosen
    ]


def file(people: Sequence[Person], zone: tzinfo) -> bytes:
    """Return people as a file: by pseudonym, numbers whole, no id and no name.

    Parameters
    ----------
    people, zone
        As of `table`.
    """
    rows = pd.DataFrame(
        {
            t("high.pseudonym"): row["pseudonym"],
            t("high.asi"): round(row["severity_index"], 1),
            t("high.change"): None if (change := row["asi_change"]) is None else round(change, 1),
            **_level_and_case(row),
            **{t(f"person.{vote}"): int(row[vote]) for vote in _VOTES},
            t("high.days"): row["days_without_activity"],
            t("high.evidence"): row["evidence"],
            t("high.marks"): " · ".join(_marks(row)),
            t("high.verdict"): row["verdict_as_of"].astimezone(zone).isoformat(timespec="seconds"),
        }
        for row in people
    )
    return str(rows.to_csv(index=False)).encode("utf-8-sig")


def export(wanted: Wanted, viewer: Viewer, since: datetime | None, *, total: int) -> None:
    """Draw the way to a file of what is filtered; making it is noted in the log.

    Parameters
    ----------
    wanted : Wanted
        What is filtered, and in which order.
    viewer : Viewer
        Who looks.
    since : datetime or None
        From when on changes are told.
    total : int
        How many people that gives.
    """
    st.button(
        t("high.export"),
        key="high_export",
        help=t("high.export_help"),
        icon=":material/ios_share:",
        on_click=prepare,
        args=(wanted, since),
        disabled=total == 0,
    )
    if refusal := st.session_state.pop(_REFUSED, None):
        st.error(refusal, icon=":material/error:")
    made = st.session_state.get(_FILE)
    if made is None or made[0] != _what(wanted, viewer):
        st.session_state.pop(_FILE, None)
        return
    st.download_button(
        t("high.export_download", total=whole(made[1])),
        made[2],
        file_name="aura-lista.csv",
        mime="text/csv",
        key="high_download",
        on_click="ignore",
    )
    if made[1] < made[3]:
        st.caption(t("high.export_cut", shown=whole(made[1]), total=whole(made[3])))


def prepare(wanted: Wanted, since: datetime | None) -> None:
    """Note the export, then read what is filtered and keep the file for this session.

    Parameters
    ----------
    wanted, since
        As of `export`.
    """
    try:
        viewer = guard.current_viewer()
        if viewer is None:
            raise AccessDenied(t("ui.sign_in"))
        audit.record_list(databases.store(), viewer, action=EXPORTED)
        with databases.page_reading() as connection:
            people = work_list(
                connection,
                viewer,
                wanted.chosen(),
                since=since,
                order=WorkOrder(wanted.orden),
                is_reversed=wanted.inverso,
                limit=EXPORT_MOST,
            )
            total = work_count(connection, viewer, wanted.chosen())
    except AuraError as error:
        st.session_state[_REFUSED] = str(error)
        return
    made = file(people, databases.zone())
    st.session_state[_FILE] = (_what(wanted, viewer), len(people), made, total)


def _what(wanted: Wanted, viewer: Viewer) -> tuple[Any, ...]:
    """Return what a file is of: another filter, order or reader makes it another one."""
    return (wanted.chosen(), wanted.orden, wanted.inverso, viewer)


def _level_and_case(row: Person) -> dict[str, str]:
    said = {t("ui.level"): t(f"levels.{row['cluster_label']}")}
    if "case_state" in row:
        said[t("high.caso")] = t(f"high_caso.{row['case_state']}")
    return said


def _marks(row: Person) -> list[str]:
    return [*marks(row), *([t("high.by_model")] if row["moved_by_model"] else [])]
