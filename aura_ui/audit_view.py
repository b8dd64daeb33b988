"""The log of reads on the page of users: a page of rows, and a file of what is filtered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import tzinfo
from typing import Final

import pandas as pd
import streamlit as st

from aura_engine.errors import AccessDenied, AuraError
from aura_engine.i18n import t
from aura_engine.store import audit
from aura_engine.store.reads import (
    AuditEntry,
    AuditFilter,
    audit_entries,
)
from aura_ui import databases, guard
from aura_ui.audit_words import about, action_in_words, actor_in_words, role_in_words
from aura_ui.formats import moment, whole

EXPORT_MOST: Final = 50_000
"""Rows that a file holds."""
EXPORTED: Final = "usuarios_csv"
"""How the log names its own export."""
_FILE: Final = "log_file"
_REFUSED: Final = "log_refused"
_BEGINS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def entries_table(entries: Sequence[AuditEntry], zone: tzinfo) -> pd.DataFrame:
    """Return rows of the log as a table for people.

    Parameters
    ----------
    entries : sequence of AuditEntry
        Of `aura_engine.store.reads`.
    zone : tzinfo
        Of the reader.
    """
    return pd.DataFrame(
        {
            t("users.moment"): moment(one.at, zone),
            t("users.who"): actor_in_words(one.actor, one.email),
            t("users.role"): role_in_words(one.role),
            t("users.action"): action_in_words(one.action),
            t("users.kind"): t(f"audit_subjects.{one.subject}"),
            t("users.whose"): about(one),
            t("users.detail"): one.detail or "",
        }
        for one in entries
    )


def entries_csv(entries: Sequence[AuditEntry], zone: tzinfo) -> bytes:
    """Return rows of the log as a file: moments whole, names as the log has them.

    Parameters
    ----------
    entries, zone
        As of `entries_table`.
    """
    table = pd.DataFrame(
        {
            t("users.moment"): one.at.astimezone(zone).isoformat(timespec="seconds"),
            t("users.who"): _plain(one.actor),
            t("users.email"): _plain(one.email),
            t("users.role"): one.role,
            t("users.action"): _plain(one.action),
            t("users.kind"): one.subject,
            t("users.whose"): _plain(about(one)),
            t("users.detail"): _plain(one.detail),
            t("users.request"): _plain(one.request_id),
        }
        for one in entries
    )
    return str(table.to_csv(index=False)).encode("utf-8-sig")


def export(chosen: AuditFilter, total: int, zone: tzinfo) -> None:
    """Draw the way to a file of what is filtered; making it is noted in the log.

    Parameters
    ----------
    chosen : AuditFilter
        What is filtered.
    total : int
        How many rows that gives.
    zone : tzinfo
        Of the reader.
    """
    st.button(
        t("users.export"),
        key="log_export",
        help=t("users.export_help"),
        icon=":material/ios_share:",
        on_click=prepare,
        args=(chosen, zone),
        disabled=total == 0,
    )
    if refusal := st.session_state.pop(_REFUSED, None):
        st.error(refusal, icon=":material/error:")
    made = st.session_state.get(_FILE)
    if made is None or made[0] != chosen:
        st.session_state.pop(_FILE, None)
        return
    st.download_button(
        t("users.export_download", total=whole(made[1])),
        made[2],
        file_name="aura-registro.csv",
        mime="text/csv",
        key="log_download",
        on_click="ignore",
    )
    if made[1] == EXPORT_MOST:
        st.caption(t("users.export_cut", total=whole(EXPORT_MOST)))


def prepare(chosen: AuditFilter, zone: tzinfo) -> None:
    """Note the export, then read what is filtered and keep the file for this session.

    Parameters
    ----------
    chosen, zone
        As of `export`.
    """
    try:
        viewer = guard.current_viewer()
        if viewer is None:
            raise AccessDenied(t("ui.sign_in"))
        viewer.require_accounts()
        used = [name for name, value in asdict(chosen).items() if value is not None]
        detail = ", ".join(used) or "all"
        audit.record_log(databases.store(), viewer, action=EXPORTED, detail=detail)
        with databases.page_reading() as connection:
            entries = audit_entries(connection, viewer, chosen, limit=EXPORT_MOST)
    except AuraError as error:
        st.session_state[_REFUSED] = str(error)
        return
    st.session_state[_FILE] = (chosen, len(entries), entries_csv(entries, zone))


def _plain(value: str | None) -> str:
    """Return a cell that no spreadsheet takes for a formula: some of it comes from requests."""
    text = value or ""
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text
