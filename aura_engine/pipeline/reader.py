"""A language model that reads texts of a run, and stores their scores as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
from sqlalchemy import Engine

from aura_engine.nlp import TextScorer, is_wordless, text_hmac
from aura_engine.sources import Sources, TextSource, texts_by_id
from aura_engine.store.texts import Place, save_scores, unscored_hmacs, unscored_refs

FIRST_SLICE: Final = 512
LARGEST_SLICE: Final = 16_384
SLICE_SECONDS: Final = (2.0, 8.0)
"""How long the model should take for the texts that it is given at once, and that are stored before
the next: long enough to fill a GPU, short enough to be stopped soon."""


def _tell_nobody(_done: int) -> None:
    pass


@dataclass
class TextReader:
    """Scores texts in slices and stores each before the next, so that a killed run keeps them.

    Parameters
    ----------
    store : Engine
        The analytics database.
    scorer : TextScorer
        The language model; one object from the first text to the last, so that no score is stored
        under another one's revision.

    Attributes
    ----------
    revision : str
        Under which scores are stored.
    scored : int
        Texts that the model was given.
    unread : int
        Those of them with words that it could not judge.
    seconds : float
        What the model took.
    """

    store: Engine
    scorer: TextScorer
    revision: str = field(init=False)
    scored: int = 0
    unread: int = 0
    seconds: float = 0.0
    _slice: int = FIRST_SLICE

    def __post_init__(self) -> None:
        self.revision = self.scorer.revision

    def read(self, words: Mapping[bytes, str], told: Callable[[int], None] = _tell_nobody) -> None:
        """Score texts and store the scores.

        Parameters
        ----------
        words : mapping of bytes to str
            Texts by their keyed hash.
        told : callable
            Called with how many of them are stored, after each slice; may raise to end.
        """
        hmacs = list(words)
        done = 0
        while done < len(hmacs):
            part = hmacs[done : done + self._slice]
            started = time.monotonic()
            scores = np.asarray(self.scorer.score([words[hmac] for hmac in part]), dtype=np.float64)
            self._took(time.monotonic() - started, len(part))
            save_scores(self.store, part, scores.tolist(), revision=self.revision)
            self.scored += len(part)
            silent = [hmac for hmac, p in zip(part, scores, strict=True) if np.isnan(p)]
            self.unread += sum(not is_wordless(words[hmac]) for hmac in silent)
            done += len(part)
            told(done)

    def _took(self, seconds: float, texts: int) -> None:
        self.seconds += seconds
        fastest, slowest = SLICE_SECONDS
        if seconds > slowest:
            self._slice = max(1, self._slice // 2)
        elif seconds < fastest and texts == self._slice:
            self._slice = min(LARGEST_SLICE, self._slice * 2)


def unread_pages(
    store: Engine,
    sources: Sources,
    key: bytes,
    *,
    since: datetime,
    as_of: datetime,
    revision: str,
    page: int,
) -> Iterator[dict[bytes, str]]:
    """Yield referenced texts that a model revision has yet to score, the newest first.

    A text is fetched as it is now: one that was edited goes under its new hash, one that is gone is
    left out.

    Parameters
    ----------
    store : Engine
        The analytics database.
    sources : Sources
        The three source databases.
    key : bytes
        Key of the hash.
    since, as_of : datetime
        The window, `since` excluded.
    revision : str
        Of the language model.
    page : int
        References looked up at a time.

    Yields
    ------
    dict of bytes to str
        Texts by their keyed hash; may be empty.
    """
    before: Place | None = None
    while True:
        refs = unscored_refs(
            store, since=since, as_of=as_of, revision=revision, before=before, limit=page
        )
        words: dict[bytes, str] = {}
        for kind in TextSource:
            ids = [ref.text_id for ref in refs if ref.source == kind.value]
            if ids:
                found = texts_by_id(sources, kind, ids)["content"]
                words |= {text_hmac(key, content): content for content in found}
        wanted = unscored_hmacs(store, list(words), revision=revision)
        yield {hmac: words[hmac] for hmac in words if hmac in wanted}
        if len(refs) < page:
            return
        before = Place(refs[-1].written_at, refs[-1].text_id)
