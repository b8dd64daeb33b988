"""Accounts of those who work with AURA monitor, and who somebody is by what they show."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, text

from aura_engine.errors import AccessDenied
from aura_engine.i18n import t
from aura_engine.sql import load_queries
from aura_engine.store.access import Role, Viewer

_QUERIES: Final = load_queries("store_access")
ADMINISTRATOR: Final = "admin"
"""The one role of an AURA account that needs no account here."""
_EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Account:
    """An account.

    Attributes
    ----------
    id : int
        Its number.
    email : str or None
        In lower case.
    auth_user_id : str or None
        Of the AURA account.
    role : Role
        What its owner does.
    scope : frozenset of UUID or None
        Communities whose members are visible; None where everyone is.
    disabled_at : datetime or None
        Since when it opens nothing.
    version : int
        Grows with each change; whoever changes it says which one they read.
    """

    id: int
    email: str | None
    auth_user_id: str | None
    role: Role
    scope: frozenset[UUID] | None
    disabled_at: datetime | None
    version: int

    @property
    def looks_after_accounts(self) -> bool:
        """Whether its owner may add and change accounts."""
        is_open = self.disabled_at is None and self.scope is None
        return is_open and self.role is Role.SUPERVISOR

    def viewer(self) -> Viewer:
        """Return whom the account makes of its owner.

        Raises
        ------
        AccessDenied
            If it is disabled.
        """
        if self.disabled_at is not None:
            raise AccessDenied(t("store.account_disabled"))
        return Viewer(f"user:{self.id}", self.role, self.scope)


def is_plain_email(text: str) -> bool:
    """Tell whether a text is an e-mail by which an account may be known.

    Letters beyond ASCII may look like others and find somebody else's account; brackets and the
    like would be drawn as links.
    """
    return _EMAIL.fullmatch(text) is not None


def account(connection: Connection, email: str) -> Account | None:
    """Return the account of an e-mail, in any case; None without one."""
    found = connection.execute(text(_QUERIES["account"]), {"email": email}).one_or_none()
    return None if found is None else account_of(found)


def account_of(row: Row[Any]) -> Account:
    """Return the account that a row of ``app_user`` holds."""
    scope = None if row.scope is None else frozenset(row.scope)
    return Account(
        row.id, row.email, row.auth_user_id, Role(row.role), scope, row.disabled_at, row.version
    )


@dataclass(frozen=True, slots=True)
class AuraAccount:
    """Who somebody is by a token of the AURA auth service.

    Attributes
    ----------
    id : str
        Auth user id, a UUID.
    role : str
        Of the AURA account.
    email : str or None
        Of the AURA account. Whoever holds it may have chosen it: it takes rights, and gives none.
    """

    id: str
    role: str
    email: str | None = None


def viewer_of_aura_account(connection: Connection, holder: AuraAccount) -> Viewer:
    """Return who the holder of an AURA account is here.

    An account here says what they may do. Without one an AURA administrator supervises, and
    nobody else may look: every young person holds an AURA account.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    holder : AuraAccount
        The AURA account.

    Raises
    ------
    AccessDenied
        If they may not look, or may no more.
    """
    return _viewer(holder, _accounts_of(connection, [holder]))


def viewers_of_aura_accounts(
    connection: Connection, holders: Collection[AuraAccount]
) -> dict[AuraAccount, Viewer | None]:
    """Return who each of several holders is now, as `viewer_of_aura_account` says it.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    holders : collection of AuraAccount
        The AURA accounts.

    Returns
    -------
    dict
        None for those who may not look.
    """
    known = _accounts_of(connection, holders)
    found: dict[AuraAccount, Viewer | None] = {}
    for holder in holders:
        try:
            found[holder] = _viewer(holder, known)
        except AccessDenied:
            found[holder] = None
    return found


def _accounts_of(
    connection: Connection, holders: Collection[AuraAccount]
) -> dict[str | None, Account]:
    """Return the accounts of some holders, by AURA id where they have one, else by e-mail."""
    asked = {
        "auth_user_ids": sorted({holder.id for holder in holders}),
        "emails": sorted({holder.email.lower() for holder in holders if holder.email}),
    }
    rows = connection.execute(text(_QUERIES["accounts_of"]), asked)
    return {one.auth_user_id or one.email: one for one in map(account_of, rows)}


def _viewer(holder: AuraAccount, known: Mapping[str | None, Account]) -> Viewer:
    account = known.get(holder.id)
    if account is None and holder.role == ADMINISTRATOR and holder.email:
        account = known.get(holder.email.lower())
    if account is not None:
        return account.viewer()
    if holder.role == ADMINISTRATOR:
        return Viewer(f"aura:{holder.id}", Role.SUPERVISOR)
    raise AccessDenied(t("store.no_account"))


def add_account(
    connection: Connection,
    role: Role,
    *,
    auth_user_id: UUID | None = None,
    email: str | None = None,
    scope: Collection[UUID] | None = None,
) -> int:
    """Add an account and return its number.

    Parameters
    ----------
    connection : Connection
        Of the analytics database, in the caller's transaction.
    role : Role
        Counselor, supervisor or analyst.
    auth_user_id : UUID, optional
        Of the AURA account.
    email : str, optional
        By which pages know the owner.
    scope : collection of UUID, optional
        Communities whose members are visible; everyone where not given.
    """
    return int(
        connection.execute(
            text(_QUERIES["put_account"]),
            {
                "role": role.value,
                "auth_user_id": auth_user_id and str(auth_user_id),
                "email": email,
                "scope": None if scope is None else [str(c) for c in sorted(scope)],
            },
        ).scalar_one()
    )


def disable_account(connection: Connection, account_id: int) -> None:
    """Let an account open nothing from now on, in the caller's transaction."""
    connection.execute(text(_QUERIES["disable_account"]), {"id": account_id})
