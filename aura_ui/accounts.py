"""Accounts on the page of users: the table, and what can be done to one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from aura_engine.i18n import t
from aura_engine.store.accounts import Account
from aura_ui.account_dialogs import Change, draw_open, show
from aura_ui.account_words import Categories, name_of, scope_in_words
from aura_ui.formats import NOTHING

_CHOSEN: Final = "account_chosen"


def section(found: Sequence[Account], categories: Categories) -> None:
    """Draw the accounts, what can be done to them, and the dialog that is open.

    Parameters
    ----------
    found : sequence of Account
        Of `aura_engine.store.reads.accounts`.
    categories : mapping
        Of the communities that scopes name.
    """
    st.subheader(t("users.accounts"), anchor=False)
    if found:
        st.dataframe(
            accounts_table(found, categories),
            hide_index=True,
            key="table_accounts",
            placeholder=NOTHING,
        )
        by_id = {one.id: one for one in found}
        number = st.selectbox(
            t("users.choose"), list(by_id), format_func=lambda one: name_of(by_id[one]), key=_CHOSEN
        )
        chosen = by_id.get(number)
    else:
        st.info(t("users.accounts_none"), icon=":material/person_add:")
        chosen = None
    with st.container(horizontal=True):
        _offer("add", None, ":material/person_add:")
        if chosen is not None:
            _offer("change", chosen, ":material/edit:")
            is_disabled = chosen.disabled_at is not None
            switch: Change = "enable" if is_disabled else "disable"
            _offer(switch, chosen, f":material/{'lock_open' if is_disabled else 'block'}:")
    draw_open()


def accounts_table(found: Sequence[Account], categories: Categories) -> pd.DataFrame:
    """Return accounts as a table.

    Parameters
    ----------
    found, categories
        As of `section`.
    """
    return pd.DataFrame(
        {
            t("users.email"): name_of(one),
            t("users.role"): t(f"roles.{one.role}"),
            t("users.state"): t(
                "store.account_is_disabled" if one.disabled_at else "store.account_is_enabled"
            ),
            t("users.scope"): scope_in_words(one.scope, categories),
            t("users.aura_id"): one.auth_user_id or "",
        }
        for one in found
    )


def _offer(change: Change, account: Account | None, icon: str) -> None:
    # A callback runs before the page is drawn; a button's value is lost when the pulse redraws it.
    st.button(
        t(f"users.{change}"),
        key=f"accounts_{change}",
        icon=icon,
        on_click=show,
        args=(change, account),
    )
