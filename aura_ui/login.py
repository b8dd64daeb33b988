"""Who looks: signed in by an identity provider, chosen in the demo, or sitting at this machine.

Streamlit reads who is signed in once, when a session begins: a token that has ended, and one whose
holder signed out in another tab, go on counting. So each rerun asks for the token's end, for the
tokens that were signed out (`aura_ui.signed_out`) and for the account in the analytics database,
which alone says what somebody may do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit as st

from aura_engine.errors import AccessDenied, AuraError
from aura_engine.settings import LOOPBACK_NAMES
from aura_engine.store.access import (
    ACCOUNT_ROLES,
    ANONYMOUS,
    LOCAL,
    Role,
    Viewer,
    came_through_a_proxy,
)
from aura_engine.store.accounts import account, is_plain_email
from aura_ui import databases, signed_out
from aura_ui.page import now

DEMO: Final = "demo:"
"""How the name of a viewer of the demo begins."""
CHOSEN_ROLE: Final = "demo_role"
"""In the session: the role that was chosen in the demo."""
_FALSE: Final = frozenset({"false", "0", "no", "none"})


class Refusal(StrEnum):
    """Why somebody may not look."""

    ELSEWHERE = "elsewhere"
    SIGNED_OUT = "signed_out"
    EXPIRED = "expired"
    UNVERIFIED = "unverified"
    NO_ACCOUNT = "no_account"
    DISABLED = "disabled"
    UNREACHABLE = "unreachable"
    MISCONFIGURED = "misconfigured"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever opened a page.

    Attributes
    ----------
    viewer : Viewer or None
        Who they are; None where they may not look,
    refusal : Refusal or None
        and why.
    email : str or None
        By which the provider knows them.
    """

    viewer: Viewer | None = None
    refusal: Refusal | None = None
    email: str | None = None


def visitor() -> Visitor:
    """Return who looks, as of this very moment.

    Where Streamlit has an ``[auth]`` section everybody signs in, whatever else is set.
    """
    try:
        auth = auth_section()
    except ValueError:
        return Visitor(refusal=Refusal.MISCONFIGURED)
    if auth is not None:
        return _signed_in(st.user.to_dict(), now())
    is_local = _is_local()
    if is_local and databases.is_demo():
        role = chosen_role()
        return Visitor(Viewer(f"{DEMO}{role}", role))
    if is_local:
        return Visitor(LOCAL)
    if _anonymous_allowed():
        return Visitor(ANONYMOUS)
    return Visitor(refusal=Refusal.ELSEWHERE)


def auth_section() -> Mapping[str, Any] | None:
    """Return what Streamlit's secrets say of signing in; None where nobody has to.

    Raises
    ------
    ValueError
        If there are secrets that cannot be read: they may ask for signing in.
    """
    if not st.secrets.load_if_toml_exists():
        if any(Path(file).exists() for file in st.get_option("secrets.files")):
            raise ValueError("unreadable secrets")
        return None
    if "auth" not in st.secrets:
        return None
    auth = st.secrets["auth"]
    if not isinstance(auth, Mapping):
        raise ValueError("auth is no section")
    return auth


def providers() -> list[str | None]:
    """Return the names of the identity providers; None stands for the one without a name."""
    auth = auth_section() or {}
    named = [
        name for name, value in auth.items() if isinstance(value, Mapping) and "client_id" in value
    ]
    return [None] if "client_id" in auth or not named else list(named)


def public_host() -> str | None:
    """Return the name under which those who sign in open the pages; None where nobody has to."""
    try:
        auth = auth_section()
    except ValueError:
        return None
    return None if auth is None else urlsplit(str(auth.get("redirect_uri", ""))).hostname


def end_token() -> None:
    """Let the token of whoever is signed in count no more, in any of their tabs."""
    claims = st.user.to_dict()
    if _lasts(claims.get("exp"), now()):
        signed_out.note(claims, now())


def chosen_role() -> Role:
    """Return the role that was chosen in the demo; supervision until one was."""
    chosen = st.session_state.get(CHOSEN_ROLE)
    return Role(chosen) if chosen in ACCOUNT_ROLES else Role.SUPERVISOR


def _signed_in(claims: Mapping[str, Any], at: datetime) -> Visitor:
    """Return who holds a token, by what the provider says in it and by their account here."""
    if claims.get("is_logged_in") is not True or signed_out.includes(claims):
        return Visitor(refusal=Refusal.SIGNED_OUT)
    if not _lasts(claims.get("exp"), at):
        return Visitor(refusal=Refusal.EXPIRED)
    email = claims.get("email")
    if not isinstance(email, str) or not is_plain_email(email) or not _is_verified(claims):
        return Visitor(refusal=Refusal.UNVERIFIED)
    try:
        with databases.page_reading() as connection:
            found = account(connection, email)
        if found is None:
            return Visitor(refusal=Refusal.NO_ACCOUNT, email=email)
        return Visitor(found.viewer(), email=email)
    except AccessDenied:
        return Visitor(refusal=Refusal.DISABLED, email=email)
    except AuraError:
        return Visitor(refusal=Refusal.UNREACHABLE, email=email)


def _lasts(end: object, at: datetime) -> bool:
    """Tell whether a token lasts; one without an end that can be read does not."""
    if isinstance(end, bool) or not isinstance(end, int | float):
        return False
    try:
        return at < datetime.fromtimestamp(end, UTC)
    except (ValueError, OverflowError, OSError):
        return False


def _is_verified(claims: Mapping[str, Any]) -> bool:
    """Tell whether the provider answers for the e-mail; one of several has to say so itself."""
    is_known = claims.get("email_verified", len(providers()) == 1)
    return str(is_known).lower() not in _FALSE


def _is_local() -> bool:
    address = st.get_option("server.address")
    return address in LOOPBACK_NAMES and not came_through_a_proxy(st.context.headers)


def _anonymous_allowed() -> bool:
    try:
        return databases.settings().allow_anonymous
    except AuraError:
        return False
