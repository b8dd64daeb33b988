"""Who a person is: asked of the sources at the moment somebody wants to know, and kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine

from aura_engine.errors import IdentityRefused, SourceError
from aura_engine.i18n import t
from aura_engine.sources.names import NameSources, NameUrls, connect_names
from aura_engine.store import audit
from aura_engine.store.access import Viewer
from aura_engine.store.connect import reading
from aura_engine.store.reads import case_of, person

__all__ = [
    "ACTION",
    "LONGEST_REASON",
    "SHORTEST_REASON",
    "Identity",
    "NameSources",
    "NameUrls",
    "connect_names",
    "reveal",
]

SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 500
ACTION: Final = "identity_revealed"
"""How the log of reads names it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a person is, for one look; no repr shows it.

    Attributes
    ----------
    user_name : str
        Of their account.
    display_name : str or None
        Of their profile; None where they have none, or where it could not be read,
    problem : str or None
        which this says.
    """

    user_name: str = field(repr=False)
    display_name: str | None = field(repr=False)
    problem: str | None = None


def reveal(
    store: Engine,
    names: NameSources | None,
    viewer: Viewer,
    pseudonym: str,
    reason: str,
    *,
    request_id: str | None = None,
) -> Identity:
    """Read who a person is, after it was noted who wants to know and why.

    Parameters
    ----------
    store : Engine
        Of the analytics database.
    names : NameSources or None
        Where names are; None where they are not configured.
    viewer : Viewer
        Who wants to know.
    pseudonym : str
        About whom.
    reason : str
        Why, in 10 to 500 characters; goes to the log of reads and nowhere else.
    request_id : str, optional
        Of the look: what is sent twice at once is read for one and noted as one.

    Raises
    ------
    AccessDenied
        If the viewer does not work with single people.
    IdentityRefused
        If no reason is given, nothing is configured, nobody of this pseudonym is in view, or the
        account is gone.
    StoreError
        If it cannot be noted; nothing is read then.
    SourceError
        If the source of accounts does not answer.
    """
    viewer.require_names()
    said = reason.replace("\x00", "").strip()
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON:
        raise IdentityRefused(
            t("identity.reason_length", least=SHORTEST_REASON, most=LONGEST_REASON)
        )
    if names is None:
        raise IdentityRefused(t("identity.unconfigured"))
    user_id = _visible(store, viewer, pseudonym)
    if not audit.record_identity(
        store, viewer, user_id, action=ACTION, reason=said, request_id=request_id
    ):
        raise IdentityRefused(t("identity.gone"))
    user_name = names.user_name(user_id)
    if user_name is None:
        raise IdentityRefused(t("identity.gone"))
    try:
        return Identity(user_name, names.display_name(user_id))
    except SourceError as error:
        return Identity(user_name, None, str(error))


def _visible(store: Engine, viewer: Viewer, pseudonym: str) -> UUID:
    """Return the root id of somebody whom the viewer may see."""
    found: dict[str, Any] | None
    with reading(store) as connection:
        found = person(connection, viewer, pseudonym)
        case = None if found else case_of(connection, viewer, pseudonym)
    if found is not None:
        return UUID(found["user_id_raiz"])
    if case is not None and case["account_deleted_at"] is not None:
        raise IdentityRefused(t("identity.gone"))
    raise IdentityRefused(t("person.unknown", pseudonym=pseudonym))
