"""Who calls: the holder of a token, a trusted client by its address, or this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any, Final
from uuid import UUID

import jwt
from sqlalchemy import Engine

from aura_engine.errors import AccessDenied
from aura_engine.i18n import t
from aura_engine.settings import Settings
from aura_engine.store.access import LOCAL, Role, Viewer
from aura_engine.store.accounts import viewer_of_aura_account
from aura_engine.store.connect import reading
from ws_bridge.errors import Refused

ALGORITHM: Final = "HS256"
"""Fixed here: what a token says of itself is never believed."""
LEEWAY: Final = timedelta(seconds=30)
"""How far the clocks of the AURA auth service and ours may be apart."""
_BEARER: Final = "bearer"
_ASK_FOR_TOKEN: Final = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and for how long that is known.

    Attributes
    ----------
    viewer : Viewer
        What they may read.
    auth_user_id : str or None
        Of the AURA account whose token they showed.
    expires_at : datetime or None
        When the token ends.
    """

    viewer: Viewer
    auth_user_id: str | None = None
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
    """

    store: Engine
    secret: str | None
    trusted: Mapping[str, Role]

    @classmethod
    def of(cls, settings: Settings, store: Engine) -> Gate:
        """Return the gate that the settings ask for."""
        if settings.auth == "none" or settings.jwt_secret is None:
            return cls(store, None, {})
        trusted = {address: Role(role) for address, role in settings.trusted_clients}
        return cls(store, settings.jwt_secret.get_secret_value(), trusted)

    @property
    def is_open(self) -> bool:
        """Whether nobody has to sign in."""
        return self.secret is None

    def caller(self, token: str | None, peer: str | None) -> Caller:
        """Return who calls.

        Parameters
        ----------
        token : str or None
            What they showed.
        peer : str or None
            Address of the other end of their connection.

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
        address = _plain(peer)
        role = self.trusted.get(address)
        if role is None:
            raise Refused(401, t("bridge.no_token"), headers=_ASK_FOR_TOKEN)
        return Caller(Viewer(f"client:{address}", role))

    def _holder(self, token: str, secret: str) -> Caller:
        claims = _claims(token, secret)
        auth_user_id = _id_of(claims)
        with reading(self.store) as connection:
            viewer = viewer_of_aura_account(connection, auth_user_id, str(claims.get("role")))
        expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC) + LEEWAY
        return Caller(viewer, str(auth_user_id), expires_at)


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


def _claims(token: str, secret: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token, secret, algorithms=[ALGORITHM], leeway=LEEWAY, options={"require": ["exp"]}
        )
    except jwt.ExpiredSignatureError:
        raise Refused(401, t("bridge.token_expired"), headers=_ASK_FOR_TOKEN) from None
    except jwt.PyJWTError:
        raise Refused(401, t("bridge.bad_token"), headers=_ASK_FOR_TOKEN) from None
    return claims


def _id_of(claims: Mapping[str, Any]) -> UUID:
    try:
        return UUID(claims["id"])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Refused(401, t("bridge.bad_token"), headers=_ASK_FOR_TOKEN) from None


def _plain(peer: str | None) -> str:
    """Return an address as settings write it; one of IPv4 within IPv6 as what it is."""
    try:
        address = ip_address(peer or "")
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)
