"""Transactions of one source that commit in another order than they began, and a reader between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Engine, text

from aura_engine.sources import Source
from aura_engine.sources.changes import Position, Rows, read_log
from aura_engine.sql import load_queries
from benchmarks.faults_site import seconds_until

WRITERS: Final = 4
STEPS: Final = ("write", "write", "commit", "rollback", "read", "read")
_WRITE: Final = text(
    "INSERT INTO aura_cdc.change_log (table_name, operation, user_ref)"
    " VALUES ('users', 'UPDATE', gen_random_uuid()) RETURNING CAST(CAST(xid AS text) AS bigint), id"
)
Place = tuple[int, int]
Step = tuple[int, str]
"""Which connection does what; who reads does not matter."""


@dataclass
class Reader:
    """Reads a log bit by bit, as the listener does.

    Parameters
    ----------
    connection : Connection
        Autocommitting, of the source.
    position : Position or None
        From where on.
    """

    connection: Connection
    position: Position | None = None
    places: list[Place] = field(default_factory=list)

    def read(self) -> None:
        """Read what is complete."""
        page = read_log(Source.AUTH, self._ask, self.position)
        self.position = page.position
        self.places += [(change.xid, change.id) for change in page.changes]

    def _ask(self, query: str, parameters: Mapping[str, object]) -> Rows:
        return self.connection.execute(text(load_queries("changes")[query]), parameters).all()


def interleaved(engine: Engine, steps: Sequence[Step]) -> tuple[int, int]:
    """Take steps one after the other; return how many places were skipped, and read twice.

    Parameters
    ----------
    engine : Engine
        Of a source with triggers, with every right.
    steps : sequence of Step
        What happens, in this order; all that is open at the end is committed.
    """
    committed: list[Place] = []
    pending: dict[int, list[Place]] = {}
    with ExitStack() as stack:
        links = [stack.enter_context(engine.connect()) for _ in range(WRITERS)]
        own = stack.enter_context(engine.connect())
        reader = Reader(own.execution_options(isolation_level="AUTOCOMMIT"))
        reader.read()  # the first reading only notes where the log stands
        for number, what in [*steps, *((number, "commit") for number in range(WRITERS))]:
            link = links[number]
            if what == "read":
                reader.read()
            elif what == "write":
                xid, place = link.execute(_WRITE).one()
                pending.setdefault(number, []).append((xid, place))
            elif what == "commit":
                link.commit()
                committed += pending.pop(number, [])
            else:
                link.rollback()
                pending.pop(number, None)

        def is_read() -> bool:
            reader.read()
            return set(committed) <= set(reader.places)

        seconds_until(is_read)
        reader.read()
    skipped = len(set(committed) - set(reader.places))
    return skipped, len(reader.places) - len(set(reader.places) & set(committed))
