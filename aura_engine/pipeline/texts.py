"""Texts of the window: read once, scored once by their keyed hash, never stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from aura_engine.logs import get_logger
from aura_engine.nlp import text_hmac
from aura_engine.pipeline.reader import TextReader, unread_pages
from aura_engine.sources import (
    IdentityMap,
    Sources,
    TextSource,
    count_texts,
    read_edited_texts,
    read_texts,
    text_digest,
    text_ids,
    texts_by_id,
)
from aura_engine.store.bulk import analyze
from aura_engine.store.runs import RunRecorder, texts_read_through
from aura_engine.store.texts import (
    delete_refs,
    lacks_scores,
    ref_digests,
    ref_owners,
    save_refs,
)

log = get_logger(__name__)

OVERLAP: Final = timedelta(days=1)
"""Read again behind the last reading: a row can commit long after its ``created_at``."""
PAGE: Final = 20_000
"""Texts held at once; between pages no transaction stays open in a source."""
CHUNK: Final = 2_000
"""Rows that the server-side cursor hands over at a time."""


@dataclass
class TextTally:
    """What a synchronisation did.

    Attributes
    ----------
    read : int
        Texts looked at.
    scored : int
        Of those, given to the language model.
    unread : int
        Texts with words and without a score: the model could not judge them, or was not there.
    removed, unresolved : int
        References that went, and texts of nobody known.
    model_seconds : float
        What the model took.
    """

    read: int = 0
    scored: int = 0
    unread: int = 0
    removed: int = 0
    unresolved: int = 0
    model_seconds: float = 0.0


@dataclass
class TextSynchroniser:
    """Brings references and scores of one window up to date with the sources.

    Parameters
    ----------
    store : Engine
        The analytics database; everyone of `identity` has a row in ``person``.
    sources : Sources
        The three source databases.
    identity : IdentityMap
        Resolves authors.
    people : Index
        Root ids of the population.
    reader : TextReader or None
        Of the language model; None where that of `revision` is not on this machine: references
        are kept up to date, and new texts wait for the next model.
    revision : str
        Of the model whose scores count.
    key : bytes
        Key of the hash.
    since, as_of : datetime
        The window, ``since`` excluded.
    recorder : RunRecorder
        Where progress goes.
    """

    store: Engine
    sources: Sources
    identity: IdentityMap
    people: pd.Index
    reader: TextReader | None
    revision: str
    key: bytes = field(repr=False)
    since: datetime
    as_of: datetime
    recorder: RunRecorder
    tally: TextTally = field(default_factory=TextTally)

    def run(self) -> TextTally:
        """Read what is new or edited, then settle by digests what no timestamp tells."""
        with self.store.connect() as connection:
            through = texts_read_through(connection)
        behind = max(through - OVERLAP, self.since) if through else self.since
        self._expect(behind)
        if through and self.reader is not None:
            self._read_what_lacks_scores(self.reader)
        for kind in TextSource:
            for page in self._pages(partial(read_texts, kind=kind, since=behind)):
                self._take(kind, page)
            if through:
                edited = partial(
                    read_edited_texts, kind=kind, edited_since=behind, since=self.since
                )
                for page in self._pages(edited):
                    self._take(kind, page)
            if through is None and self.tally.read >= CHUNK:
                analyze(self.store, "text_ref", "text_score")
            self._reconcile(kind)
        if self.reader is not None:
            self.tally.scored = self.reader.scored
            self.tally.unread = self.reader.unread
            self.tally.model_seconds = round(self.reader.seconds, 3)
        elif self.tally.unread:
            log.warning("texts_left_unread", unread=self.tally.unread, revision=self.revision)
        return self.tally

    def _expect(self, behind: datetime) -> None:
        expected = (
            count_texts(self.sources, kind, since=behind, as_of=self.as_of) for kind in TextSource
        )
        self.recorder.expect(sum(expected))

    def _read_what_lacks_scores(self, reader: TextReader) -> None:
        """Read what a killed run left without a score, or a model that is new to the window."""
        with self.store.connect() as connection:
            if not lacks_scores(
                connection, since=self.since, as_of=self.as_of, revision=self.revision
            ):
                return
        for words in unread_pages(
            self.store,
            self.sources,
            self.key,
            since=self.since,
            as_of=self.as_of,
            revision=self.revision,
            page=CHUNK,
        ):
            reader.read(words, lambda _done: self.recorder.advance(0))

    def _pages(self, read: Callable[..., Iterator[pd.DataFrame]]) -> Iterator[pd.DataFrame]:
        """Read in pages; while one is scored, no transaction is open in the source."""
        after: tuple[datetime, str] | None = None
        while True:
            chunks: list[pd.DataFrame] = []
            reading = read(self.sources, after=after, as_of=self.as_of, chunk=CHUNK)
            for chunk in reading:
                chunks.append(chunk)
                if len(chunks) * CHUNK >= PAGE:
                    break
            reading.close()  # type: ignore[attr-defined]  # ends the source's transaction
            if not chunks:
                return
            page = pd.concat(chunks, ignore_index=True)
            yield page
            last = page.iloc[-1]
            after = (last["written_at"].to_pydatetime(), str(last["text_id"]))

    def _take(self, kind: TextSource, texts: pd.DataFrame) -> None:
        """Save references of texts, score the words not seen before, drop what is gone."""
        wordless = texts["content"].isna()
        if wordless.any():
            self._drop(kind, list(texts.loc[wordless, "text_id"]))
        people = self.identity.resolve(texts["user_ref"])
        known = texts[~wordless & people.notna()]
        self.tally.unresolved += int((~wordless & people.isna()).sum())
        if not known.empty:
            hmacs = [text_hmac(self.key, content) for content in known["content"]]
            refs = pd.DataFrame(
                {
                    "source": kind.value,
                    "text_id": known["text_id"].to_numpy(),
                    "user_id_raiz": people[known.index].to_numpy(),
                    "hmac": hmacs,
                    "written_at": known["written_at"].to_numpy(),
                }
            )
            refs["written_at"] = known["written_at"].array
            unscored = save_refs(self.store, refs, revision=self.revision)
            words = dict(zip(hmacs, known["content"], strict=True))
            self._read({hmac: words[hmac] for hmac in unscored}, of=len(texts))
        self.tally.read += len(texts)
        self.recorder.advance(self.tally.read)

    def _read(self, words: dict[bytes, str], *, of: int) -> None:
        if self.reader is None:
            self.tally.unread += len(words)
            return
        before = self.tally.read
        self.reader.read(
            words, lambda done: self.recorder.advance(before + of * done // len(words))
        )

    def _drop(self, kind: TextSource, text_ids_gone: list[str]) -> None:
        delete_refs(self.store, kind.value, text_ids_gone)
        self.tally.removed += len(text_ids_gone)

    def _reconcile(self, kind: TextSource) -> None:
        """Find deletions and late commits by comparing digests, person by person."""
        window = {"since": self.since, "as_of": self.as_of}
        found = text_digest(self.sources, kind, **window)
        found = found.assign(user_id_raiz=self.identity.resolve(found["user_ref"]))
        found = found.dropna(subset="user_id_raiz")
        theirs = _by_person(found)
        ours = ref_digests(self.store, kind.value, **window)
        # Whoever left is forgotten whole when the run flips, not here.
        everyone = theirs.index.union(ours.index.intersection(self.people))
        differing = everyone[
            (theirs.reindex(everyone, fill_value=0) != ours.reindex(everyone, fill_value=0)).any(
                axis=1
            )
        ]
        if differing.empty:
            return
        user_refs = found.loc[found["user_id_raiz"].isin(differing), "user_ref"]
        texts = text_ids(self.sources, kind, list(user_refs), **window)
        present = dict(zip(texts["text_id"], self.identity.resolve(texts["user_ref"]), strict=True))
        held = ref_owners(self.store, kind.value, list(differing), **window)
        if gone := sorted(held.keys() - present):
            self._drop(kind, gone)
        late = sorted(text_id for text_id, owner in present.items() if held.get(text_id) != owner)
        for start in range(0, len(late), PAGE):
            self._take(kind, texts_by_id(self.sources, kind, late[start : start + PAGE]))
        log.info("texts_reconciled", kind=kind.value, people=len(differing), late=len(late))


def _by_person(found: pd.DataFrame) -> pd.DataFrame:
    """Combine the digests of a person's references: counts by sum, ids by exclusive-or."""
    ordered = found.sort_values("user_id_raiz", kind="stable")
    starts = np.flatnonzero(~ordered["user_id_raiz"].duplicated().to_numpy())
    if starts.size == 0:
        return pd.DataFrame({"texts": [], "digest": []}, dtype=np.int64)
    return pd.DataFrame(
        {
            "texts": np.add.reduceat(ordered["text_count"].to_numpy(), starts),
            "digest": np.bitwise_xor.reduceat(ordered["id_xor"].to_numpy(), starts),
        },
        index=pd.Index(ordered["user_id_raiz"].iloc[starts], name="user_id_raiz"),
    )
