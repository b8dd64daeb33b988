"""Changes of accounts: by whoever looks after them, one after the other, each noted in the log."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from aura_engine.errors import AccountChanged, AccountError, LastSupervisor
from aura_engine.i18n import t
from aura_engine.sql import load_queries
from aura_engine.store.access import ACCOUNT_ROLES, Role, Viewer
from aura_engine.store.accounts import (
    Account,
    account_of,
    add_account,
    disable_account,
    is_plain_email,
)
from aura_engine.store.audit import record_account
from aura_engine.store.failures import store_errors

_QUERIES: Final = load_queries("store_access")
EVERYONE: Final = "all"
"""How the log names a scope without limits."""


def create_account(
    engine: Engine,
    viewer: Viewer,
    email: str,
    role: Role,
    *,
    auth_user_id: UUID | None = None,
    scope: Collection[UUID] | None = None,
) -> int:
    """Add an account and return its number.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    viewer : Viewer
        Who adds it.
    email : str
        By which the pages know the owner.
    role : Role
        Counselor, supervisor or analyst.
    auth_user_id : UUID, optional
        Of the owner's AURA account, by which the bridge knows them.
    scope : collection of UUID, optional
        Communities whose members are visible; everyone where not given.

    Raises
    ------
    AccessDenied
        If the viewer does not look after accounts.
    AccountError
        If the e-mail is none, or somebody has it or the AURA id already.
    """
    viewer.require_accounts()
    _require_role_and_scope(role, scope)
    address = _plain_email(email)
    with store_errors(), engine.begin() as connection:
        connection.execute(text(_QUERIES["lock_accounts"]))
        asked = {"email": address, "auth_user_id": auth_user_id and str(auth_user_id)}
        found = connection.execute(text(_QUERIES["account_like"]), asked).one_or_none()
        if found is not None:
            raise AccountError(_explain_twice(account_of(found), address))
        number = add_account(
            connection, role, auth_user_id=auth_user_id, email=address, scope=scope
        )
        detail = f"{role}, {_named(scope)}"
        record_account(connection, viewer, number, action="account_added", detail=detail)
    return number


def change_account(
    engine: Engine,
    viewer: Viewer,
    account_id: int,
    *,
    version: int,
    role: Role,
    scope: Collection[UUID] | None,
) -> bool:
    """Give an account another role or scope, and return whether that is a change.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    viewer : Viewer
        Who changes it.
    account_id : int
        The account.
    version : int
        The one that was read.
    role, scope
        As of `create_account`.

    Raises
    ------
    AccessDenied
        If the viewer does not look after accounts.
    AccountChanged
        If somebody changed it since it was read.
    LastSupervisor
        If nobody would look after accounts any more.
    AccountError
        If there is no such account, or the scope names nothing.
    """
    _require_role_and_scope(role, scope)
    with _changing(engine, viewer, account_id, version) as (connection, before):
        after = None if scope is None else frozenset(scope)
        if (role, after) == (before.role, before.scope):
            return False
        told = None if after is None else [str(one) for one in sorted(after)]
        connection.execute(
            text(_QUERIES["change_account"]),
            {"id": account_id, "role": role.value, "scope": told},
        )
        if role is not before.role:
            detail = f"{before.role} -> {role}"
            record_account(connection, viewer, account_id, action="account_role", detail=detail)
        if after != before.scope:
            detail = f"{_named(before.scope)} -> {_named(after)}"
            record_account(connection, viewer, account_id, action="account_scope", detail=detail)
    return True


def set_enabled(
    engine: Engine, viewer: Viewer, account_id: int, is_enabled: bool, *, version: int
) -> bool:
    """Let an account open the pages and the bridge, or nothing, and return whether that changes it.

    Parameters
    ----------
    engine : Engine
        Of the analytics database.
    viewer : Viewer
        Who changes it.
    account_id : int
        The account.
    is_enabled : bool
        Whether it opens anything.
    version : int
        The one that was read.

    Raises
    ------
    AccessDenied, AccountChanged, LastSupervisor, AccountError
        As `change_account` does.
    """
    with _changing(engine, viewer, account_id, version) as (connection, before):
        if is_enabled == (before.disabled_at is None):
            return False
        if is_enabled:
            connection.execute(text(_QUERIES["enable_account"]), {"id": account_id})
        else:
            disable_account(connection, account_id)
        action = "account_enabled" if is_enabled else "account_disabled"
        record_account(connection, viewer, account_id, action=action, detail=before.role)
    return True


@contextmanager
def _changing(
    engine: Engine, viewer: Viewer, account_id: int, version: int
) -> Iterator[tuple[Connection, Account]]:
    """Open the transaction of a change; what would leave nobody in charge is taken back."""
    viewer.require_accounts()
    with store_errors(), engine.begin() as connection:
        connection.execute(text(_QUERIES["lock_accounts"]))
        row = connection.execute(text(_QUERIES["account_by_id"]), {"id": account_id}).one_or_none()
        if row is None:
            raise AccountError(t("store.account_gone"))
        before = account_of(row)
        if before.version != version:
            raise AccountChanged(t("store.account_changed"))
        yield connection, before
        in_charge = connection.scalar(text(_QUERIES["count_supervisors"]))
        if before.looks_after_accounts and not in_charge:
            raise LastSupervisor(t("store.last_supervisor"))


def _plain_email(given: str) -> str:
    """Return an e-mail as it is kept."""
    address = given.strip().lower()
    if not is_plain_email(address):
        raise AccountError(t("store.account_email"))
    return address


def _require_role_and_scope(role: Role, scope: Collection[UUID] | None) -> None:
    if role not in ACCOUNT_ROLES:
        raise AccountError(t("store.account_role", roles=", ".join(ACCOUNT_ROLES)))
    if scope is not None and not scope:
        raise AccountError(t("store.account_scope_empty"))


def _explain_twice(found: Account, address: str) -> str:
    key = "account_twice" if found.email == address else "account_aura_id_twice"
    state = t("store.account_is_disabled" if found.disabled_at else "store.account_is_enabled")
    role = t(f"roles.{found.role}")
    return t(f"store.{key}", email=found.email or "", role=role, state=state)


def _named(scope: Collection[UUID] | None) -> str:
    return EVERYONE if scope is None else " ".join(str(one) for one in sorted(scope))
