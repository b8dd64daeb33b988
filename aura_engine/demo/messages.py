"""Messages between friends and in class groups, some of them media, system notes or taken back."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aura_engine.demo.cast import FIRST_DAY, Cast, Times
from aura_engine.demo.circles import Circles
from aura_engine.demo.journal import Journal, stamps
from aura_engine.demo.localdays import HOUR_MS, MINUTE_MS
from aura_engine.demo.rhythm import counts
from aura_engine.demo.streams import Ids, Stream, among, generator, is_there, uuids, where_else_none
from aura_engine.demo.texts import Kind
from aura_engine.demo.today import Today
from aura_engine.demo.words import Words

_IN_GROUP: Final = 0.35
_TYPES: Final = np.array(["text", "image", "audio", "video", "file"], dtype=object)
_TYPE_SHARES: Final = (0.905, 0.05, 0.028, 0.013, 0.004)
_CAPTIONED: Final = 0.25
_SYSTEM: Final = 0.012
"""Share of what happens in groups that is a note of the system and nobody's words."""

_TAKEN_BACK: Final = 0.012
_NOTES: Final = np.array(
    ["se unió al grupo", "cambió la foto del grupo", "cambió el nombre", "fijó un mensaje"],
    dtype=object,
)
_People = npt.NDArray[np.int64]


class Messages:
    """Conversations, class groups and what is written in them.

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
        self._groups = uuids(generator(seed, Stream.GROUPS), int(cast.classmates.max()) + 1)
        self._pairs: _People = np.zeros(0, dtype=np.int64)
        self._conversations: Ids = np.zeros(0, dtype=object)

    def begin(self, journal: Journal) -> None:
        """Found one chat group a school class; classmates join it when they arrive."""
        cast = self._cast
        rng = generator(self._seed, Stream.GROUPS, FIRST_DAY - 1)
        who = np.flatnonzero(cast.in_messaging)
        by_age = who[np.argsort(cast.messaging_created[who], kind="stable")]
        numbers, first = np.unique(cast.classmates[by_age], return_index=True)
        founders = by_age[first]
        founded = np.zeros(len(self._groups), dtype=np.int64)
        founded[numbers] = cast.messaging_created[founders] + HOUR_MS
        journal.insert(
            "messaging",
            "chat_groups",
            founded[numbers],
            {
                "id": self._groups[numbers],
                "name": np.array([f"Salón {number + 1}" for number in numbers], dtype=object),
                "creator_profile_id": cast.messaging_profile[founders],
                "created_at": stamps(founded[numbers]),
                "updated_at": stamps(founded[numbers]),
            },
        )
        joined = np.maximum(
            founded[cast.classmates[by_age]], cast.messaging_created[by_age]
        ) + rng.integers(MINUTE_MS, HOUR_MS, len(by_age))
        journal.insert(
            "messaging",
            "group_members",
            joined,
            {
                "id": uuids(rng, len(by_age)),
                "group_id": self._groups[cast.classmates[by_age]],
                "profile_id": cast.messaging_profile[by_age],
                "role": np.where(np.isin(by_age, founders), "admin", "member").astype(object),
                "joined_at": stamps(joined),
            },
        )

    def live(self, today: Today, circles: Circles, journal: Journal) -> None:
        """Write the messages of one day.

        Parameters
        ----------
        today : Today
            The day that is lived.
        circles : Circles
            Who knows whom by then.
        journal : Journal
            Takes the rows.
        """
        rng = generator(self._seed, Stream.MESSAGES, today.local.number)
        written = counts(rng, today.volume("messages", self._cast.in_messaging))
        who = np.repeat(np.arange(len(written)), written)
        at, at_night = today.moments(rng, who)
        order = np.argsort(at, kind="stable")
        who, at, at_night = who[order], at[order], at_night[order]
        partner = circles.pick(rng, who)
        private = (rng.random(len(who)) >= _IN_GROUP) & (partner >= 0)
        private &= self._cast.in_messaging[partner] & (
            self._cast.first_day[partner] <= today.local.number
        )
        conversation = np.full(len(who), None, dtype=object)
        conversation[private] = self._between(
            rng, who[private], partner[private], at[private], journal
        )
        group = where_else_none(~private, self._groups[self._cast.classmates[who]])
        self._note(rng, today, (who, at, at_night), conversation, group, journal)

    def _between(
        self, rng: np.random.Generator, one: _People, other: _People, at: Times, journal: Journal
    ) -> Ids:
        """Return the conversation of each pair; new ones begin with their first message."""
        low, high = np.minimum(one, other), np.maximum(one, other)
        pairs = low * len(self._cast) + high
        fresh, first = np.unique(pairs, return_index=True)
        unknown = ~among(fresh, self._pairs)
        fresh, first = fresh[unknown], first[unknown]
        ids = uuids(rng, len(fresh))
        profile = self._cast.messaging_profile
        journal.insert(
            "messaging",
            "conversations",
            at[first],
            {
                "id": ids,
                "participant1_profile_id": profile[low[first]],
                "participant2_profile_id": profile[high[first]],
                "created_at": stamps(at[first]),
                "updated_at": stamps(at[first]),
            },
        )
        self._pairs = np.concatenate([self._pairs, fresh])
        self._conversations = np.concatenate([self._conversations, ids])
        order = np.argsort(self._pairs, kind="stable")
        self._pairs, self._conversations = self._pairs[order], self._conversations[order]
        return np.asarray(self._conversations[np.searchsorted(self._pairs, pairs)])

    def _note(
        self,
        rng: np.random.Generator,
        today: Today,
        written: tuple[_People, Times, npt.NDArray[np.bool_]],
        conversation: Ids,
        group: Ids,
        journal: Journal,
    ) -> None:
        who, at, at_night = written
        count = len(who)
        kind = rng.choice(_TYPES, count, p=_TYPE_SHARES)
        in_group = is_there(group)
        kind[in_group & (rng.random(count) < _SYSTEM)] = "system"
        content = self._words.deal(rng, today, who, at_night, Kind.MESSAGE)
        is_media = (kind != "text") & (kind != "system")
        content[is_media & (rng.random(count) >= _CAPTIONED)] = ""
        system = kind == "system"
        content[system] = rng.choice(_NOTES, int(system.sum()))
        ids = uuids(rng, count)
        columns: dict[str, npt.NDArray[Any]] = {
            "id": ids,
            "conversation_id": conversation,
            "group_id": group,
            "sender_profile_id": self._cast.messaging_profile[who],
            "content": content,
            "message_type": kind,
            "status": rng.choice(np.array(["read", "delivered", "sent"], dtype=object), count),
            "media_url": where_else_none(is_media, "media/" + ids),
            "created_at": stamps(at),
            "updated_at": stamps(at),
        }
        journal.insert("messaging", "messages", at, columns)
        gone = np.flatnonzero((rng.random(count) < _TAKEN_BACK) & ~system)
        later = at[gone] + MINUTE_MS + (rng.exponential(5 * HOUR_MS, len(gone))).astype(np.int64)
        journal.update(
            "messaging",
            "messages",
            ("id",),
            later,
            {
                "id": ids[gone],
                "is_deleted": np.ones(len(gone), dtype=bool),
                "updated_at": stamps(later),
            },
        )
