"""The texts of a few people: references as the sources have them now, new words scored."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import pandas as pd

from aura_engine.nlp import text_hmac
from aura_engine.pipeline.context import PipelineContext
from aura_engine.pipeline.reader import TextReader
from aura_engine.sources import TextSource, texts_of
from aura_engine.store.texts import delete_refs, model_of_revision, ref_owners, save_refs


def reader_of(context: PipelineContext, revision: str) -> TextReader | None:
    """Return who reads under a revision; None where its model is not on this machine.

    Raises
    ------
    ModelError
        If the configured model cannot be loaded.
    """
    wanted = context.scorer
    if wanted is not None and wanted.revision == revision:
        return TextReader(context.store, wanted)
    scorer = context.scorer_of(revision, model_of_revision(context.store, revision))
    return None if scorer is None else TextReader(context.store, scorer)


def synchronise_texts(
    context: PipelineContext,
    pairs: pd.DataFrame,
    kinds: Collection[TextSource],
    *,
    as_of: datetime,
    revision: str,
    reader: TextReader | None,
) -> None:
    """Make the references of some people's texts what the sources have, and score new words.

    Parameters
    ----------
    context : PipelineContext
        Databases and key.
    pairs : DataFrame
        Every reference of these people, and whom it means.
    kinds : collection of TextSource
        Which texts.
    as_of : datetime
        End of the window.
    revision : str
        Of the language model whose scores count.
    reader : TextReader or None
        Reads under it; without one new words wait for the next run.

    Raises
    ------
    SourceError
        If the source of one of the kinds cannot be read.
    """
    window = {"since": context.since(as_of), "as_of": as_of}
    owners = pairs.set_index("reference")["user_id_raiz"]
    people = sorted(set(owners))
    words: dict[bytes, str] = {}
    for kind in kinds:
        found = texts_of(context.sources, kind, list(owners.index), **window)
        hmacs = [text_hmac(context.text_key, content) for content in found["content"]]
        held = ref_owners(context.store, kind.value, people, **window)
        if gone := sorted(held.keys() - set(found["text_id"])):
            delete_refs(context.store, kind.value, gone)
        if found.empty:
            continue
        refs = pd.DataFrame(
            {
                "source": kind.value,
                "text_id": found["text_id"],
                "user_id_raiz": found["user_ref"].map(owners),
                "hmac": hmacs,
                "written_at": found["written_at"],
            }
        )
        unscored = save_refs(context.store, refs, revision=revision)
        known = dict(zip(hmacs, found["content"], strict=True))
        words |= {hmac: known[hmac] for hmac in unscored}
    if words and reader is not None:
        reader.read(words)
