"""What every act needs: the databases, chance, and the names under which people are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import numpy as np
from sqlalchemy import Connection, Engine, text

from aura_engine.demo.streams import uuids
from aura_engine.demo.trickle.residents import Residents
from aura_engine.sources import Source
from aura_engine.sql import load_queries

T = TypeVar("T")
_QUERIES: Final = "trickle"


class Hand:
    """Writes for people of the demo.

    Parameters
    ----------
    service : mapping of Source to Engine
        Writes the sources as the live services do.
    residents : Residents
        Who there is, and what they say.
    rng : Generator
        Source of chance.
    """

    def __init__(
        self, service: Mapping[Source, Engine], residents: Residents, rng: np.random.Generator
    ) -> None:
        self.service, self.residents, self.rng = service, residents, rng

    def new_id(self) -> str:
        """Return an id that nobody has."""
        return str(uuids(self.rng, 1)[0])

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options, all equally likely."""
        return options[int(self.rng.integers(0, len(options)))]

    def reference(self, who: int) -> str:
        """Return the id under which somebody writes a row of aura_social, now and then another."""
        return str(self.residents.cast.social_reference(self.rng, np.array([who]))[0])

    def references(self, who: int) -> list[str]:
        """Return the ids that rows of aura_social may have of somebody."""
        cast = self.residents.cast
        return [ref for ref in (cast.auth_id[who], cast.profile_id[who]) if ref is not None]

    def messaging_profile(self, who: int) -> str:
        """Return the id under which somebody writes messages."""
        return str(self.residents.cast.messaging_profile[who])


def rows(connection: Connection, query: str, **values: Any) -> Sequence[Any]:
    """Return the rows of a named query."""
    return connection.execute(text(load_queries(_QUERIES)[query]), values).all()


def column(connection: Connection, query: str, **values: Any) -> list[str]:
    """Return the first column of a named query."""
    return [row[0] for row in rows(connection, query, **values)]


def write(connection: Connection, query: str, **values: Any) -> bool:
    """Run a named statement and tell whether it found or made a row."""
    return connection.execute(text(load_queries(_QUERIES)[query]), values).rowcount > 0
