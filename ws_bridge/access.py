"""What stands between a caller and results: may they, who notes it, and have they got it already.

In this order: whoever may not read is told so whatever they hold, and each reading of a person's
record is noted even if nothing has changed since the last one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, TypeVar, cast
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy import Engine

from aura_engine.settings import Settings
from aura_engine.store.access import Viewer
from aura_engine.store.audit import record_list, record_person
from aura_engine.store.connect import reading
from aura_engine.store.generation import version_mark
from ws_bridge import VERSION
from ws_bridge.deps import StoreDep, ViewerDep, request_id_of
from ws_bridge.errors import NotModified
from ws_bridge.kept import KeptAnswers

_TAG_CHARACTERS: Final = 32

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """One request's way to results; every route takes one of its steps before it reads.

    Each raises `AccessDenied`, `StoreError`, or `NotModified` where the caller's copy still holds.
    """

    request: Request
    response: Response
    store: Engine
    viewer: Viewer

    def totals(self, *, minute: datetime | None = None) -> None:
        """Go on to totals; those that move with time change every minute."""
        self.viewer.require_aggregates()
        self._require_changed(minute)

    def people(self) -> None:
        """Go on to a list of people, and note it."""
        record_list(self.store, self.viewer, **self._told())
        self._require_changed()

    def whole_level(self) -> None:
        """Go on to everyone of a level, and note it."""
        self.viewer.require_aggregates()
        self.people()

    def person(self, user_id: UUID) -> None:
        """Go on to one person's record, and note it."""
        self.viewer.require_identities()
        record_person(self.store, self.viewer, user_id, **self._told())
        self._require_changed()

    def kept(self, make: Callable[[], T]) -> T:
        """Return the answer of this tag, made now unless somebody has asked for it before.

        Only for totals: nothing that names a person is kept.
        """
        return cast(KeptAnswers, self.request.app.state.kept).get(self.tag, make)

    @property
    def tag(self) -> str:
        """The tag of the answer, once one of the steps was taken."""
        return self.response.headers["ETag"]

    def _told(self) -> dict[str, str]:
        return {
            "action": self.request.scope["route"].path,
            "request_id": request_id_of(self.request),
        }

    def _require_changed(self, minute: datetime | None = None) -> None:
        with reading(self.store) as connection:
            mark = version_mark(connection)
        scope = self.viewer.scope()
        known = (
            VERSION,
            mark,
            cast(Settings, self.request.app.state.settings).timezone,
            self.viewer.role.value,
            None if scope is None else [str(community) for community in scope],
            self.request.url.path,
            sorted(self.request.query_params.multi_items()),
            None if minute is None else minute.strftime("%Y-%m-%dT%H:%M"),
        )
        digest = hashlib.sha256(repr(known).encode()).hexdigest()[:_TAG_CHARACTERS]
        tag = f'W/"{digest}"'
        held = self.request.headers.get("if-none-match", "")
        if "*" in held or digest in held:
            raise NotModified(tag)
        self.response.headers["ETag"] = tag


def _access_of(request: Request, response: Response, store: StoreDep, viewer: ViewerDep) -> Access:
    """Return this request's way to results."""
    return Access(request, response, store, viewer)


AccessDep = Annotated[Access, Depends(_access_of)]
