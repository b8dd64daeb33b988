"""Posts and the comments under them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aura_engine.demo.cast import Cast
from aura_engine.demo.journal import Journal, Times, stamps
from aura_engine.demo.localdays import HOUR_MS
from aura_engine.demo.rhythm import counts
from aura_engine.demo.streams import Ids, Stream, generator, is_there, uuids, where_else_none
from aura_engine.demo.texts import Kind
from aura_engine.demo.today import Today
from aura_engine.demo.words import Words

_TYPES: Final = np.array(["text", "text_image", "image", "text_video", "video"], dtype=object)
_TYPE_SHARES: Final = (0.68, 0.2, 0.07, 0.03, 0.02)
_VISIBILITIES: Final = np.array(["public", "friends", "private"], dtype=object)
_VISIBILITY_SHARES: Final = (0.66, 0.31, 0.03)
_TAKEN_DOWN: Final = 0.02
_TAKEN_DOWN_COMMENTS: Final = 0.01
_RECENT_DAYS: Final = 3
_REPLIES: Final = 0.22
_NO_IDS: Final = np.zeros(0, dtype=object)


@dataclass
class _Recent:
    """What was put up on the last days, to comment on; newest day last."""

    ids: list[Ids] = field(default_factory=list)
    posts: list[Ids] = field(default_factory=list)

    def add(self, ids: Ids, posts: Ids) -> None:
        self.ids, self.posts = [*self.ids, ids][-_RECENT_DAYS:], [*self.posts, posts]
        self.posts = self.posts[-_RECENT_DAYS:]

    def pick(self, rng: np.random.Generator, count: int) -> tuple[Ids, Ids]:
        """Draw what is commented on, and the post that it belongs to."""
        ids = np.concatenate([_NO_IDS, *self.ids])
        posts = np.concatenate([_NO_IDS, *self.posts])
        if not len(ids):
            nothing = np.full(count, None, dtype=object)
            return nothing, nothing
        drawn = rng.integers(0, len(ids), count)
        return ids[drawn], posts[drawn]


class Board:
    """The public side of the platform.

    Parameters
    ----------
    seed : int
        Of the population.
    cast : Cast
        Who there is.
    words : Words
        Deals the texts.
    """

    def __init__(self, seed: int, cast: Cast, words: Words) -> None:
        self._seed, self._cast, self._words = seed, cast, words
        self._posts, self._comments = _Recent(), _Recent()
        # The social service asks for a token, not for a profile: a few post without one.
        self._able = cast.uses_social | (np.arange(len(cast)) % 3 == 0)

    def live(self, today: Today, journal: Journal) -> None:
        """Write the comments and posts of one day; only what stood before midnight is answered."""
        self._comment(today, journal)
        self._post(today, journal)

    def _post(self, today: Today, journal: Journal) -> None:
        rng = generator(self._seed, Stream.POSTS, today.local.number)
        written = counts(rng, today.volume("posts", self._able))
        who = np.repeat(np.arange(len(written)), written)
        at, at_night = today.moments(rng, who)
        count, ids = len(who), uuids(rng, len(who))
        kind = rng.choice(_TYPES, count, p=_TYPE_SHARES)
        content = self._words.deal(rng, today, who, at_night, Kind.POST)
        content[(kind == "image") | (kind == "video")] = None
        columns: dict[str, npt.NDArray[Any]] = {
            "id": ids,
            "user_id": self._cast.social_reference(rng, who),
            "content": content,
            "type": kind,
            "visibility": rng.choice(_VISIBILITIES, count, p=_VISIBILITY_SHARES),
            "created_at": stamps(at),
            "updated_at": stamps(at),
        }
        journal.insert("social", "posts", at, columns)
        self._take_down(rng, "posts", _TAKEN_DOWN, ids, at, journal)
        self._posts.add(ids, ids)

    def _comment(self, today: Today, journal: Journal) -> None:
        rng = generator(self._seed, Stream.COMMENTS, today.local.number)
        written = counts(rng, today.volume("comments", self._able))
        who = np.repeat(np.arange(len(written)), written)
        parent, parents_post = self._comments.pick(rng, len(who))
        post, _ = self._posts.pick(rng, len(who))
        reply = (rng.random(len(who)) < _REPLIES) & is_there(parent)
        post = np.where(reply, parents_post, post)
        there = is_there(post)
        who, post, reply, parent = who[there], post[there], reply[there], parent[there]
        at, at_night = today.moments(rng, who)
        ids = uuids(rng, len(who))
        columns: dict[str, npt.NDArray[Any]] = {
            "id": ids,
            "post_id": post,
            "user_id": self._cast.social_reference(rng, who),
            "parent_id": where_else_none(reply, parent),
            "content": self._words.deal(rng, today, who, at_night, Kind.COMMENT),
            "level": reply.astype(np.int64),
            "created_at": stamps(at),
            "updated_at": stamps(at),
        }
        journal.insert("social", "comments", at, columns)
        self._take_down(rng, "comments", _TAKEN_DOWN_COMMENTS, ids, at, journal)
        self._comments.add(ids, post)

    def _take_down(
        self,
        rng: np.random.Generator,
        table: str,
        share: float,
        ids: Ids,
        at: Times,
        journal: Journal,
    ) -> None:
        gone = np.flatnonzero(rng.random(len(ids)) < share)
        later = at[gone] + (rng.exponential(30 * HOUR_MS, len(gone))).astype(np.int64) + 1
        journal.update(
            "social",
            table,
            ("id",),
            later,
            {
                "id": ids[gone],
                "is_active": np.zeros(len(gone), dtype=bool),
                "updated_at": stamps(later),
            },
        )
