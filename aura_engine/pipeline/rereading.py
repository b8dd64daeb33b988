"""Reading a few people from the sources anew, whatever is stored of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from aura_engine.pipeline.affected import Affected
from aura_engine.pipeline.context import PipelineContext
from aura_engine.pipeline.population import save_some
from aura_engine.pipeline.rescoring import keep_read
from aura_engine.sources import Source
from aura_engine.sources.people import identify_people, read_people
from aura_engine.store.activity import references_of_people
from aura_engine.store.events import lock_writers
from aura_engine.store.rescored import existing_people


def reread(
    context: PipelineContext, people: Sequence[str], *, as_of: datetime
) -> tuple[pd.DataFrame, set[str]]:
    """Keep what the sources say of people now: who they are, what they did.

    No incremental run writes meanwhile, so that none has read something newer.

    Parameters
    ----------
    context : PipelineContext
        Databases.
    people : sequence of str
        Root ids.
    as_of : datetime
        Moment of the reading.

    Returns
    -------
    tuple of DataFrame and set of str
        Every reference of those who have an account, with whom it means, and their root ids.

    Raises
    ------
    SourceError
        If a source cannot be read.
    """
    with context.store.begin() as connection:
        lock_writers(connection)
        stored = references_of_people(connection, people)
        found = identify_people(
            context.sources,
            {*people, *stored["reference"]},
            as_of=as_of,
            timezone=context.timezone,
        )
        present = set(found.accounts["user_id"])
        pairs = found.identity.pairs()
        if not present:
            return pairs, present
        told = Affected(pairs, present, found.accounts, [])
        for source in (Source.SOCIAL, Source.MESSAGING):
            told.to_read[source] |= present
        read = read_people(
            context.sources,
            found.identity,
            told.to_read,
            accounts=found.accounts,
            as_of=as_of,
            window_days=context.window_days,
            timezone=context.timezone,
        )
        save_some(context.store, read, sorted(present), as_of=as_of)
        held = set(existing_people(connection, sorted(present)))
        keep_read(connection, told, read, held, as_of)
    return pairs, present
