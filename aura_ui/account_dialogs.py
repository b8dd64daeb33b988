"""What is done to an account, in dialogs that say what will be and ask for a confirmation.

A dialog stays open over any redrawing of the page, and keeps the account as it was when it opened:
whoever confirms changes what they read, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal
from uuid import UUID

import streamlit as st

from aura_engine.errors import AuraError
from aura_engine.i18n import t
from aura_engine.store.access import ACCOUNT_ROLES, Role
from aura_engine.store.account_changes import change_account, create_account, set_enabled
from aura_engine.store.accounts import Account
from aura_engine.store.reads import communities
from aura_ui import databases, dialogs
from aura_ui.account_words import community_in_words, name_of, scope_in_words
from aura_ui.failures import explained, last_resort
from aura_ui.guard import require_role
from aura_ui.roles import SUPERVISORS

Change = Literal["add", "change", "disable", "enable"]
_DIALOG: Final = "account"
_SAID: Final = "accounts_said"


@dataclass(frozen=True, slots=True)
class Dialog:
    """The dialog that is open.

    Parameters
    ----------
    change : {'add', 'change', 'disable', 'enable'}
        What it is for.
    account : Account or None
        Whose, as it was read when it opened.
    """

    change: Change
    account: Account | None = None


def show(change: Change, account: Account | None = None) -> None:
    """Open a dialog; to be called before the page is drawn.

    Parameters
    ----------
    change : {'add', 'change', 'disable', 'enable'}
        What it is for.
    account : Account, optional
        Whose.
    """
    dialogs.show(_DIALOG, Dialog(change, account))


def draw_open() -> None:
    """Draw the dialog that is open, and say what the one before it did."""
    if said := st.session_state.pop(_SAID, None):
        st.toast(said, icon=":material/check:")
    if dialogs.is_shown(_DIALOG):
        dialog: Dialog = dialogs.about()
        st.dialog(t(f"users.{dialog.change}"), on_dismiss=dialogs.close)(_draw)(dialog)


def _draw(dialog: Dialog) -> None:
    # A dialog is drawn again alone, without what the page around it explains.
    with last_resort(), explained(is_page=False):
        _DRAWN[dialog.change](dialog.account)


def _add(_account: None) -> None:
    email = st.text_input(t("users.new_email"), key="new_email", max_chars=254)
    role, scope = _role_and_scope("new", Role.COUNSELOR, None)
    st.caption(t("users.add_note"))

    def act() -> str:
        viewer = require_role(SUPERVISORS)
        create_account(databases.store(), viewer, email, role, scope=scope)
        return t("users.added", email=email.strip().lower())

    _confirm(act)


def _change(account: Account) -> None:
    st.markdown(t("users.change_note", **_told(account)))
    role, scope = _role_and_scope(str(account.id), account.role, account.scope)

    def act() -> str:
        viewer = require_role(SUPERVISORS)
        is_new = change_account(
            databases.store(), viewer, account.id, version=account.version, role=role, scope=scope
        )
        return t("users.changed" if is_new else "users.unchanged", email=name_of(account))

    _confirm(act)


def _switch(account: Account, *, is_enabled: bool) -> None:
    said = "users.enable_note" if is_enabled else "users.disable_note"
    st.markdown(t(said, **_told(account)))

    def act() -> str:
        viewer = require_role(SUPERVISORS)
        set_enabled(databases.store(), viewer, account.id, is_enabled, version=account.version)
        return t("users.changed", email=name_of(account))

    _confirm(act)


_DRAWN: Final[Mapping[Change, Callable[..., None]]] = {
    "add": _add,
    "change": _change,
    "disable": partial(_switch, is_enabled=False),
    "enable": partial(_switch, is_enabled=True),
}


def _told(account: Account) -> dict[str, str]:
    with databases.page_reading() as connection:
        viewer = require_role(SUPERVISORS)
        known = communities(connection, viewer, only=account.scope or ())
    scope = scope_in_words(account.scope, {one.id: one.category for one in known})
    return {"email": name_of(account), "role": t(f"roles.{account.role}"), "scope": scope}


def _role_and_scope(
    key: str, role: Role, scope: Collection[UUID] | None
) -> tuple[Role, Collection[UUID] | None]:
    """Draw the choice of a role and of whose people are seen, and return both."""
    chosen = st.selectbox(
        t("users.role"),
        ACCOUNT_ROLES,
        index=ACCOUNT_ROLES.index(role),
        format_func=lambda one: t(f"roles.{one}"),
        key=f"role_{key}",
    )
    extent = st.radio(
        t("users.scope"),
        ("all", "some"),
        index=0 if scope is None else 1,
        format_func=lambda one: t(f"users.scope_{one}"),
        key=f"extent_{key}",
    )
    if extent == "all":
        return chosen, None
    with databases.page_reading() as connection:
        known = communities(connection, require_role(SUPERVISORS))
    categories = {one.id: one.category for one in known}
    held = sorted(scope or ())
    options = [*categories, *(one for one in held if one not in categories)]
    if not options:
        st.caption(t("users.communities_none"))
        return chosen, ()
    seen = st.multiselect(
        t("users.communities"),
        options,
        default=held,
        format_func=lambda one: community_in_words(one, categories),
        placeholder=t("users.communities_placeholder"),
        key=f"communities_{key}",
    )
    return chosen, seen


def _confirm(act: Callable[[], str]) -> None:
    """Draw the two ways out of a dialog; one that is refused stays open and says why."""
    with st.container(horizontal=True):
        is_confirmed = st.button(t("users.confirm"), key="account_confirm", type="primary")
        if st.button(t("users.cancel"), key="account_cancel"):
            dialogs.close()
            st.rerun()
    if not is_confirmed:
        return
    try:
        st.session_state[_SAID] = act()
    except AuraError as error:
        st.error(str(error), icon=":material/error:")
        return
    dialogs.close()
    st.rerun()
