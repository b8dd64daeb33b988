"""Friend requests, answers and endings: the only place where follows are kept alive."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from aura_engine.demo.cast import FIRST_DAY, Cast, Times
from aura_engine.demo.circles import Circles
from aura_engine.demo.journal import Journal, stamps
from aura_engine.demo.localdays import DAY_MS, HOUR_MS
from aura_engine.demo.rhythm import counts
from aura_engine.demo.streams import Ids, Stream, among, generator, pick_by_weight
from aura_engine.demo.today import Today

NEVER: Final = np.iinfo(np.int64).max
_IN_CLASS: Final = 0.6
_REJECTED: Final = 0.12
"""Share of the requests not accepted that are turned down; the others stay pending."""

_TIRING: Final = 40.0
"""Requests sent after which people send half as many."""

_ANSWER_HOURS: Final = 14.0
_TRIES: Final = 3
_KEY: Final = ("requester_id", "addressee_id")
_People = npt.NDArray[np.int64]


class Friendships:
    """All requests ever sent, with the moment from which each is a friendship.

    Parameters
    ----------
    seed : int
        Of the population.
    cast : Cast
        Who there is.
    """

    def __init__(self, seed: int, cast: Cast) -> None:
        self._seed, self._cast = seed, cast
        none = np.zeros(0, dtype=np.int64)
        self._from, self._to, self._answered = none, none, none
        self._open = none.astype(bool)
        self._refs: tuple[Ids, Ids] = (none.astype(object), none.astype(object))
        by_class = np.argsort(cast.classmates, kind="stable")
        self._by_class = by_class
        self._class_ends = np.searchsorted(
            cast.classmates[by_class], np.arange(cast.classmates.max() + 2)
        )

    def begin(self, today: Today, journal: Journal) -> None:
        """Send the requests of the time before the history."""
        rng = generator(self._seed, Stream.FRIENDS, FIRST_DAY - 1)
        able = self._cast.uses_social & (self._cast.first_day == FIRST_DAY)
        spread = np.clip(rng.gamma(4.0, 0.25, len(able)), 0.25, 2.5)
        sent = rng.poisson(np.where(able, today.habit("friends") * spread, 0.0))
        requesters = rng.permutation(np.repeat(np.arange(len(able)), sent))
        requesters, addressees = self._find(rng, requesters, today, able)
        both_there = np.maximum(
            self._cast.profile_created[requesters], self._cast.profile_created[addressees]
        )
        span = today.local.start - both_there
        at = both_there + (span * rng.random(len(span))).astype(np.int64)
        self._send(rng, requesters, addressees, at, today, journal)

    def live(self, today: Today, journal: Journal) -> None:
        """Send, answer and end the requests of one day."""
        rng = generator(self._seed, Stream.FRIENDS, today.local.number)
        self._part(rng, today, journal)
        able = self._cast.uses_social & today.acting
        tiring = 1 + np.bincount(self._from, minlength=len(able)) / _TIRING
        rate = np.where(able & (today.mood.volume > 0), today.habit("requests") / tiring, 0.0)
        requesters = np.repeat(np.arange(len(able)), counts(rng, rate))
        requesters, addressees = self._find(rng, requesters, today, able)
        at, _ = today.moments(rng, requesters)
        self._send(rng, requesters, addressees, at, today, journal)

    def circles(self, before: int) -> Circles:
        """Return everyone's friends as they stand at a time."""
        friends = self._answered < before
        one = np.concatenate([self._from[friends], self._to[friends]])
        other = np.concatenate([self._to[friends], self._from[friends]])
        order = np.argsort(one, kind="stable")
        offsets = np.searchsorted(one[order], np.arange(len(self._cast) + 1))
        return Circles(offsets, other[order])

    def _find(
        self,
        rng: np.random.Generator,
        requesters: _People,
        today: Today,
        able: npt.NDArray[np.bool_],
    ) -> tuple[_People, _People]:
        """Find somebody new for each request: a classmate, or anybody by popularity."""
        popularity = np.where(able, today.habit("popularity"), 0.0)
        known = np.sort(self._pairs(self._from, self._to))
        found: list[tuple[_People, _People]] = []
        for _ in range(_TRIES):
            count = len(requesters)
            room = self._cast.classmates[requesters]
            start, end = self._class_ends[room], self._class_ends[room + 1]
            mate = self._by_class[start + (rng.random(count) * (end - start)).astype(np.int64)]
            near = (rng.random(count) < _IN_CLASS) & (rng.random(count) < popularity[mate])
            anybody = pick_by_weight(rng, popularity, count)
            addressees = np.where(near, mate, anybody)
            pairs = self._pairs(requesters, addressees)
            first = np.zeros(count, dtype=bool)
            first[np.unique(pairs, return_index=True)[1]] = True
            new = first & (requesters != addressees) & ~among(pairs, known) & able[addressees]
            found.append((requesters[new], addressees[new]))
            known = np.sort(np.concatenate([known, pairs[new]]))
            requesters = requesters[~new]
        return (
            np.concatenate([one for one, _ in found]),
            np.concatenate([other for _, other in found]),
        )

    def _pairs(self, one: _People, other: _People) -> _People:
        return np.asarray(np.minimum(one, other) * len(self._cast) + np.maximum(one, other))

    def _send(
        self,
        rng: np.random.Generator,
        requesters: _People,
        addressees: _People,
        at: Times,
        today: Today,
        journal: Journal,
    ) -> None:
        count = len(at)
        chance = today.habit("appeal")[requesters] * today.habit("openness")[addressees]
        wait = 1 + (rng.exponential(_ANSWER_HOURS * HOUR_MS, count)).astype(np.int64)
        answer_at = at + np.minimum(wait, 9 * DAY_MS)
        luck = rng.random(count)
        accepted = luck < chance
        rejected = ~accepted & (rng.random(count) < _REJECTED)
        refs = (
            self._cast.social_reference(rng, requesters),
            self._cast.social_reference(rng, addressees),
        )
        pending = np.full(count, "pending", dtype=object)
        journal.insert(
            "social",
            "friendships",
            at,
            {
                "requester_id": refs[0],
                "addressee_id": refs[1],
                "status": pending,
                "created_at": stamps(at),
                "updated_at": stamps(at),
            },
        )
        answered = accepted | rejected
        journal.update(
            "social",
            "friendships",
            _KEY,
            answer_at[answered],
            {
                "requester_id": refs[0][answered],
                "addressee_id": refs[1][answered],
                "status": np.where(accepted, "accepted", "rejected").astype(object)[answered],
                "updated_at": stamps(answer_at[answered]),
            },
        )
        self._from = np.concatenate([self._from, requesters])
        self._to = np.concatenate([self._to, addressees])
        self._answered = np.concatenate([self._answered, np.where(accepted, answer_at, NEVER)])
        self._open = np.concatenate([self._open, ~answered])
        self._refs = (
            np.concatenate([self._refs[0], refs[0]]),
            np.concatenate([self._refs[1], refs[1]]),
        )

    def _part(self, rng: np.random.Generator, today: Today, journal: Journal) -> None:
        """End friendships and take requests back, mostly those of who becomes isolated."""
        hazard = today.habit("unfriending")
        friends = self._answered < today.local.start
        chance = hazard[self._to] + np.where(friends, hazard[self._from], 0.0)
        ended = (friends | self._open) & (rng.random(len(chance)) < chance)
        gone = np.flatnonzero(ended)
        at = today.local.start + rng.integers(8 * HOUR_MS, 22 * HOUR_MS, len(gone))
        journal.delete(
            "social",
            "friendships",
            _KEY,
            at,
            {"requester_id": self._refs[0][gone], "addressee_id": self._refs[1][gone]},
        )
        self._answered[gone] = NEVER
        self._open[gone] = False
