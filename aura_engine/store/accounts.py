"""Accounts of those who work with AURA monitor, and who somebody is by what they show."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from aura_engine.errors import AccessDenied
from aura_engine.i18n import t
from aura_engine.sql import load_queries
from aura_engine.store.access import Role, Viewer

_QUERIES: Final = load_queries("store_access")
ADMINISTRATOR: Final = "admin"
"""The one role of an AURA account that needs no account here."""


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
    """

    id: int
    email: str | None
    auth_user_id: str | None
    role: Role
    scope: frozenset[UUID] | None
    disabled_at: datetime | None

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


def account(
    connection: Connection, *, auth_user_id: UUID | None = None, email: str | None = None
) -> Account | None:
    """Return somebody's account, by their AURA id or their e-mail; None without one.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    auth_user_id : UUID, optional
        Of the AURA account.
    email : str, optional
        In any case.
    """
    found = connection.execute(
        text(_QUERIES["account"]),
        {"auth_user_id": auth_user_id and str(auth_user_id), "email": email},
    ).one_or_none()
    if found is None:
        return None
    scope = None if found.scope is None else frozenset(found.scope)
    return Account(
        found.id, found.email, found.auth_user_id, Role(found.role), scope, found.disabled_at
    )


def viewer_of_aura_account(connection: Connection, auth_user_id: UUID, aura_role: str) -> Viewer:
    """Return who the holder of an AURA account is here.

    An account here says what they may do. Without one an AURA administrator supervises, and
    nobody else may look: every young person holds an AURA account.

    Parameters
    ----------
    connection : Connection
        Of the analytics database.
    auth_user_id : UUID
        Of the AURA account.
    aura_role : str
        Of the AURA account.

    Raises
    ------
    AccessDenied
        If they may not look, or may no more.
    """
    known = account(connection, auth_user_id=auth_user_id)
    if known is not None:
        return known.viewer()
    if aura_role == ADMINISTRATOR:
        return Viewer(f"aura:{auth_user_id}", Role.SUPERVISOR)
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


def disabled_among(connection: Connection, auth_user_ids: Collection[str]) -> set[str]:
    """Return which of some AURA ids have an account that is disabled."""
    asked = {"auth_user_ids": sorted(auth_user_ids)}
    return set(connection.scalars(text(_QUERIES["disabled_accounts"]), asked))
