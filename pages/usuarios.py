"""Usuarios y auditoría: who works here and as what, and who looked at whom."""

import math

import streamlit as st

from aura_engine.i18n import t
from aura_engine.store.reads import (
    accounts,
    audit_actions,
    audit_actors,
    audit_count,
    audit_entries,
    communities,
)
from aura_ui import audit_filters, audit_view, audited, databases
from aura_ui.accounts import section
from aura_ui.failures import explained
from aura_ui.formats import NOTHING, whole
from aura_ui.guard import require_role
from aura_ui.page import begin, end
from aura_ui.roles import SUPERVISORS

viewer = require_role(SUPERVISORS)

ROWS = 50
MOST = 10_000
zone = databases.zone()
digits = st.query_params.get(audit_filters.PAGE, "")
number = max(1, int(digits)) if digits.isdecimal() and len(digits) < 9 else 1
chosen = audit_filters.wanted_here(zone)

with explained():
    viewer.require_accounts()
    audited.log_shown(viewer, "usuarios")
    with databases.page_reading() as connection:
        known = accounts(connection, viewer)
        named = {one for account in known for one in account.scope or ()}
        categories = {one.id: one.category for one in communities(connection, viewer, only=named)}
        actors, actions = audit_actors(connection, viewer), audit_actions(connection, viewer)
        total = audit_count(connection, viewer, chosen, most=MOST)
        pages = max(1, math.ceil(total / ROWS))
        number = min(number, pages)
        entries = audit_entries(connection, viewer, chosen, limit=ROWS, offset=(number - 1) * ROWS)

active = [account for account in known if account.disabled_at is None]
in_charge = sum(account.looks_after_accounts for account in active)
begin(
    t("users.title"),
    t("users.finding", active=whole(len(active)), supervisors=whole(in_charge)),
)
with explained():
    section(known, categories)
st.subheader(t("users.log"), anchor=False)
st.caption(t("users.log_note", days=databases.settings().audit_days))
audit_filters.filters(actors, actions)
if chosen.since and chosen.until and chosen.since >= chosen.until:
    st.warning(t("users.dates_order"), icon=":material/date_range:")
if entries:
    more = "users.log_more" if total == MOST else "users.log_total"
    st.caption(t(more, total=whole(total)))
    st.dataframe(
        audit_view.entries_table(entries, zone),
        hide_index=True,
        key="table_log",
        height="content",
        placeholder=NOTHING,
    )
    if pages > 1:
        to = st.pagination(pages, default=number, key=f"log_page_{hash(chosen)}")
        if to != number:
            st.query_params[audit_filters.PAGE] = str(to)
            st.rerun()
else:
    st.caption(t("users.log_none"))
audit_view.export(chosen, total, zone)
end()
