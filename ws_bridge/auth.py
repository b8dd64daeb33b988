"""Who calls: the holder of a token, a trusted client by its address, or this machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import jwt
from sqlalchemy import Engine
from starlette.requests import HTTPConnection

from aura_engine.errors import AccessDenied
from aura_engine.i18n import t
from aura_engine.setting_types import plain_address
from aura_engine.settings import Settings
from aura_engine.store.access import LOCAL, Role, Viewer, came_through_a_proxy
from aura_engine.store.accounts import (
    AuraAccount,
    viewer_of_aura_account,
    viewers_of_aura_accounts,
)
from aura_engine.store.connect import reading
from ws_bridge.errors import Refused

ALGORITHM: Final = "HS256"
"""Fixed here: what a token says of itself is never believed."""
LEEWAY: Final = timedelta(seconds=30)
"""How far the clocks of the AURA auth service and ours may be apart."""
_BAD_CLAIM: Final = (KeyError, ValueError, TypeError, AttributeError, OverflowError, OSError)
"""What an id that is none, or an end beyond all calendars, raises."""
_BEARER: Final = "bearer"
_ASK_FOR_TOKEN: Final = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and for how long that is known.

    Attributes
    ----------
    viewer : Viewer
        What they may read.
    holder : AuraAccount or None
        The AURA account whose token they showed.
    expires_at : datetime or None
        When the token ends.
    """

    viewer: Viewer
    holder: AuraAccount | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Gate:
    """Tells who calls.

    Parameters
    ----------
    store : Engine
        Of the analytics database, which knows the accounts.
    secret : str or None
        Key of the tokens; None where nobody signs in.
    trusted : mapping of str to Role
        Clients that show no token, by the address they connect from.
    hosts : frozenset of str
        Names by which they may call the bridge, besides addresses and names without a dot: a web
        page that a browser beside them was tricked into taking for the bridge has another.
    """

    store: Engine
    secret: str | None
    trusted: Mapping[str, Role]
    hosts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Settings, store: Engine) -> Gate:
        """Return the gate that the settings ask for."""
        if settings.auth == "none":
            return cls(store, None, {})
        if settings.jwt_secret is None:
            raise ValueError(t("settings.jwt_without_secret"))
        trusted = {address: Role(role) for address, role in settings.trusted_clients}
        secret = settings.jwt_secret.get_secret_value()
        return cls(store, secret, trusted, frozenset(settings.client_hosts))

    @property
    def is_open(self) -> bool:
        """Whether nobody has to sign in."""
        return self.secret is None

    def caller(self, token: str | None, connection: HTTPConnection) -> Caller:
        """Return who calls.

        Parameters
        ----------
        token : str or None
            What they showed.
        connection : HTTPConnection
            Their request or socket: where it comes from, and its headers.

        Raises
        ------
        Refused
            401 without a token that holds.
        AccessDenied
            If it holds, and its owner may not look.
        StoreError
            If the accounts cannot be read.
        """
        if self.secret is None:
            return Caller(LOCAL)
        if token is not None:
            return self._holder(token, self.secret)
        address = _plain(connection.client.host if connection.client else None)
        role = self.trusted.get(address)
        if role is None:
            raise Refused(401, t("bridge.no_token"), headers=_ASK_FOR_TOKEN)
        if came_through_a_proxy(connection.headers):
            raise AccessDenied(t("bridge.trusted_forwarded"))
        if not self._is_ours(connection.headers.getlist("host")):
            raise AccessDenied(t("bridge.trusted_host"))
        return Caller(Viewer(f"client:{address}", role))

    def _is_ours(self, hosts: Sequence[str]) -> bool:
        try:
            name = urlsplit(f"//{hosts[0]}").hostname if len(hosts) == 1 else None
        except ValueError:  # brackets that do not close
            return False
        if not name:
            return False
        return "." not in name or bool(_plain(name)) or name in self.hosts

    def _holder(self, token: str, secret: str) -> Caller:
        holder, expires_at = _shown(token, secret)
        with reading(self.store) as connection:
            viewer = viewer_of_aura_account(connection, holder)
        return Caller(viewer, holder, expires_at)

    def still(self, callers: Collection[Caller]) -> set[Caller]:
        """Return those of some callers who may do now what they might when they came.

        Raises
        ------
        StoreError
            If the accounts cannot be read.
        """
        held = {caller.holder for caller in callers if caller.holder is not None}
        with reading(self.store) as connection:
            now = viewers_of_aura_accounts(connection, held)
        return {c for c in callers if c.holder is None or now[c.holder] == c.viewer}


def bearer(values: Sequence[str]) -> str | None:
    """Return the token of the ``Authorization`` headers; None without one.

    Raises
    ------
    Refused
        If there are several, or one of another kind.
    """
    if not values:
        return None
    scheme, _, token = values[0].partition(" ")
    if len(values) > 1 or scheme.lower() != _BEARER or not token.strip():
        raise Refused(401, t("bridge.bad_token"), headers=_ASK_FOR_TOKEN)
    return token.strip()


def require_reruns(viewer: Viewer) -> None:
    """Raise `AccessDenied` unless this viewer may ask for runs."""
    if viewer.role not in (Role.ANALYST, Role.SUPERVISOR):
        raise AccessDenied(t("bridge.no_reruns", role=viewer.role))


def _shown(token: str, secret: str) -> tuple[AuraAccount, datetime]:
    """Return whose a token is, and when it ends."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token, secret, algorithms=[ALGORITHM], leeway=LEEWAY, options={"require": ["exp"]}
        )
        email = claims.get("email")
        holder = AuraAccount(
            str(UUID(claims["id"])),
            str(claims.get("role")),
            email if isinstance(email, str) else None,
        )
        return holder, datetime.fromtimestamp(int(claims["exp"]), UTC) + LEEWAY
    except jwt.ExpiredSignatureError:
        raise Refused(401, t("bridge.token_expired"), headers=_ASK_FOR_TOKEN) from None
    except (jwt.PyJWTError, *_BAD_CLAIM):
        raise Refused(401, t("bridge.bad_token"), headers=_ASK_FOR_TOKEN) from None


def _plain(text: str | None) -> str:
    """Return an address as settings hold it; nothing of what is none."""
    try:
        return plain_address(text or "")
    except ValueError:
        return ""
