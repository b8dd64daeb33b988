"""Names of one person, read live with a role of its own; no other module reads any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol, Self
from uuid import UUID

from sqlalchemy import URL, Connection, Engine, text

from aura_engine.sources.connections import Source, read_transaction, source_engine
from aura_engine.sql import load_queries

NAME_QUERIES: Final = {
    Source.AUTH: load_queries("names")["user_name"],
    Source.SOCIAL: load_queries("names")["display_name"],
}
"""What is asked of each source, with ``:user_id``."""
ANSWERS_WITHIN: Final = 5.0
"""Seconds: somebody waits in front of the page."""


class NameUrls(Protocol):
    """Whatever knows both addresses, such as the settings' ``IdentityUrls``."""

    @property
    def auth(self) -> URL: ...
    @property
    def social(self) -> URL: ...


@dataclass(frozen=True, slots=True)
class NameSources:
    """Engines of the two sources that hold names; a context manager that closes their pools."""

    auth: Engine
    social: Engine

    def user_name(self, user_id: UUID) -> str | None:
        """Return the user name of an account; None where there is no such account.

        Raises
        ------
        SourceError
            If aura_auth does not answer.
        """
        with self.reading(Source.AUTH) as connection:
            found = connection.scalar(text(NAME_QUERIES[Source.AUTH]), {"user_id": str(user_id)})
        return None if found is None else str(found)

    def display_name(self, user_id: UUID) -> str | None:
        """Return the display name of an account's profile; None where there is none.

        Raises
        ------
        SourceError
            If aura_social does not answer.
        """
        with self.reading(Source.SOCIAL) as connection:
            found = connection.scalar(text(NAME_QUERIES[Source.SOCIAL]), {"user_id": str(user_id)})
        return None if found is None else str(found).strip() or None

    @contextmanager
    def reading(self, source: Source) -> Iterator[Connection]:
        """Open a transaction that reads one of the two sources.

        Raises
        ------
        SourceError
            If it does not answer, or refuses.
        """
        with read_transaction(
            self.auth if source is Source.AUTH else self.social,
            source,
            seconds=ANSWERS_WITHIN,
            variable=f"{source.variable}_IDENTITY",
            script=f"{source.value}_identity",
        ) as connection:
            yield connection

    def close(self) -> None:
        """Close the pools."""
        self.auth.dispose()
        self.social.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect_names(urls: NameUrls) -> NameSources:
    """Prepare the pools; nothing is contacted before somebody's identity is revealed.

    Parameters
    ----------
    urls : NameUrls
        Addresses for the role that ``sql/roles/*_identity.sql`` installs.
    """
    return NameSources(source_engine(urls.auth), source_engine(urls.social))
