"""Who may read what: the viewer that every read function takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from aura_engine.errors import AccessDenied
from aura_engine.i18n import t


class Role(StrEnum):
    """What a person or client does with AURA monitor."""

    COUNSELOR = "counselor"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"
    SERVICE = "service"
    SYSTEM = "system"


_AGGREGATES: Final = frozenset({Role.COUNSELOR, Role.SUPERVISOR, Role.ANALYST, Role.SYSTEM})
_CARERS: Final = frozenset({Role.COUNSELOR, Role.SUPERVISOR})
_IDENTITIES: Final = frozenset({Role.COUNSELOR, Role.SUPERVISOR, Role.SERVICE, Role.SYSTEM})
_ACCOUNTS: Final = frozenset({Role.SUPERVISOR, Role.SYSTEM})
ACCOUNT_ROLES: Final = (Role.COUNSELOR, Role.SUPERVISOR, Role.ANALYST)
"""What the owner of an account may be."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Someone who reads results.

    Parameters
    ----------
    name : str
        Account or client; goes to the access log.
    role : Role
        What they may do.
    communities : frozenset of UUID, optional
        Only people who belong to one of these are visible; None means everyone.
    is_anonymous : bool
        Whether nobody knows who it is: they may look, and nothing is done in their name.
    """

    name: str
    role: Role
    communities: frozenset[UUID] | None = None
    is_anonymous: bool = False

    @property
    def sees_identities(self) -> bool:
        """Whether root ids are given; an analyst gets pseudonyms only."""
        return self.role in _IDENTITIES

    def require_aggregates(self) -> None:
        """Raise `AccessDenied` unless this viewer may read totals."""
        if self.role not in _AGGREGATES:
            raise AccessDenied(t("store.access_aggregates", role=self.role))

    def require_identities(self) -> None:
        """Raise `AccessDenied` unless this viewer may read by root id."""
        if not self.sees_identities:
            raise AccessDenied(t("store.access_identities", role=self.role))

    def require_accounts(self) -> None:
        """Raise `AccessDenied` unless this viewer looks after accounts and the log of reads.

        Whoever sees some communities only would else give themselves the others.
        """
        if self.role not in _ACCOUNTS:
            raise AccessDenied(t("store.access_accounts", role=self.role))
        if self.communities is not None:
            raise AccessDenied(t("store.access_accounts_scoped"))
        if self.is_anonymous:
            raise AccessDenied(t("store.access_anonymous"))

    def require_names(self) -> None:
        """Raise `AccessDenied` unless this viewer may learn who a person is, one by one."""
        if self.role not in _CARERS:
            raise AccessDenied(t("store.access_names", role=self.role))
        if self.is_anonymous:
            raise AccessDenied(t("store.access_anonymous"))

    def require_care(self) -> None:
        """Raise `AccessDenied` unless this viewer works with single people and their cases."""
        if self.role not in _CARERS:
            raise AccessDenied(t("store.access_cases", role=self.role))

    def require_acting(self) -> None:
        """Raise `AccessDenied` unless this viewer may act on cases in their own name."""
        self.require_care()
        if self.is_anonymous:
            raise AccessDenied(t("store.access_anonymous"))

    def require_supervision(self) -> None:
        """Raise `AccessDenied` unless this viewer answers for the team's work."""
        if self.role is not Role.SUPERVISOR:
            raise AccessDenied(t("store.access_team", role=self.role))

    def scope(self) -> list[UUID] | None:
        """Communities as a query parameter; None where everyone is visible."""
        return None if self.communities is None else sorted(self.communities)


SYSTEM: Final = Viewer("aura", Role.SYSTEM)
"""The engine itself: schedules, runs and the command line."""

LOCAL: Final = Viewer("local", Role.SUPERVISOR)
"""Whoever sits at this machine: pages and bridge listen on loopback, and nobody signs in."""

ANONYMOUS: Final = Viewer("anonymous", Role.SUPERVISOR, is_anonymous=True)
"""Whoever comes where `AURA_ALLOW_ANONYMOUS` lets everybody look."""

_ADDED_BY_PROXIES: Final = frozenset({"forwarded", "via", "x-real-ip"})


def came_through_a_proxy(header_names: Iterable[str]) -> bool:
    """Tell by a request's headers whether somebody else sits behind a loopback address.

    A proxy that adds none of them cannot be told from a browser of this machine.
    """
    return any(
        name.lower() in _ADDED_BY_PROXIES or name.lower().startswith("x-forwarded-")
        for name in header_names
    )
