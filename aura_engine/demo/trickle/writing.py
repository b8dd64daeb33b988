"""Posts, comments and messages: written, edited and taken down."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from aura_engine.demo.texts import Kind
from aura_engine.demo.trickle.change import Act, Change
from aura_engine.demo.trickle.hand import Hand, column, rows, write
from aura_engine.demo.trickle.residents import Present
from aura_engine.sources import Source

_COMMENTED: Final = timedelta(days=3)
_CHANGED: Final = timedelta(days=2)
"""How old a text may be that its author edits or takes down."""

_IN_GROUP: Final = 0.35
_KINDS: Final = {"posts": Kind.POST, "comments": Kind.COMMENT, "messages": Kind.MESSAGE}


class Text(NamedTuple):
    """Where somebody's words stand."""

    source: Source
    table: str
    id: str
    user_ref: str


def post(hand: Hand, who: int, present: Present) -> Change:
    """Put up a post.

    Parameters
    ----------
    hand : Hand
        Writes.
    who : int
        Position in the cast.
    present : Present
        When.
    """
    row, person = hand.new_id(), hand.reference(who)
    content = hand.residents.say(hand.rng, present, who, Kind.POST)
    with hand.service[Source.SOCIAL].begin() as social:
        write(social, "add_post", id=row, person=person, content=content, now=present.now)
    return Change(Act.POST, Source.SOCIAL, "posts", "INSERT", (row,), (person,))


def comment(hand: Hand, who: int, present: Present) -> Change | None:
    """Comment on a post of these days; None where there is none.

    Parameters
    ----------
    hand : Hand
        Writes.
    who : int
        Position in the cast.
    present : Present
        When.
    """
    row, person = hand.new_id(), hand.reference(who)
    content = hand.residents.say(hand.rng, present, who, Kind.COMMENT)
    with hand.service[Source.SOCIAL].begin() as social:
        posts = column(social, "recent_posts", since=present.now - _COMMENTED)
        if not posts:
            return None
        under = {"id": row, "post": hand.pick(posts), "person": person}
        write(social, "add_comment", **under, content=content, now=present.now)
    return Change(Act.COMMENT, Source.SOCIAL, "comments", "INSERT", (row,), (person,))


def message(hand: Hand, who: int, present: Present) -> Change | None:
    """Write to a friend or the class, in a conversation that the plan has begun; None without one.

    A conversation is unique to its two people, and the plan may still begin it: none is opened.

    Parameters
    ----------
    hand : Hand
        Writes.
    who : int
        Position in the cast.
    present : Present
        When.
    """
    row, profile = hand.new_id(), hand.messaging_profile(who)
    content = hand.residents.say(hand.rng, present, who, Kind.MESSAGE)
    with hand.service[Source.MESSAGING].begin() as messaging:
        talks = column(messaging, "conversations_of", profile=profile)
        groups = column(messaging, "groups_of", profile=profile)
        if not talks and not groups:
            return None
        to_group = bool(groups) and (not talks or hand.rng.random() < _IN_GROUP)
        place = {
            "group": hand.pick(groups) if to_group else None,
            "conversation": None if to_group else hand.pick(talks),
        }
        names = {"id": row, "profile": profile, "content": content}
        write(messaging, "add_message", **names, **place, now=present.now)
    return Change(Act.MESSAGE, Source.MESSAGING, "messages", "INSERT", (row,), (profile,))


def edit(hand: Hand, who: int, present: Present) -> Change | None:
    """Say something else in a text of these days; None without one.

    Parameters
    ----------
    hand : Hand
        Writes.
    who : int
        Position in the cast.
    present : Present
        When.
    """
    texts = _own_texts(hand, who, present.now - _CHANGED)
    if not texts:
        return None
    chosen = hand.pick(texts)
    content = hand.residents.say(hand.rng, present, who, _KINDS[chosen.table])
    with hand.service[chosen.source].begin() as connection:
        write(connection, f"edit_{chosen.table}", id=chosen.id, content=content, now=present.now)
    return _changed(Act.EDIT, chosen)


def take_down(hand: Hand, who: int, present: Present) -> Change | None:
    """Take a text of these days back; None without one.

    Parameters
    ----------
    hand : Hand
        Writes.
    who : int
        Position in the cast.
    present : Present
        When.
    """
    texts = _own_texts(hand, who, present.now - _CHANGED)
    if not texts:
        return None
    chosen = hand.pick(texts)
    with hand.service[chosen.source].begin() as connection:
        write(connection, f"take_down_{chosen.table}", id=chosen.id, now=present.now)
    return _changed(Act.TAKE_DOWN, chosen)


def count_texts(hand: Hand, who: int, since: datetime) -> int:
    """Return how much somebody has written that is still to be seen.

    Parameters
    ----------
    hand : Hand
        Reads.
    who : int
        Position in the cast.
    since : datetime
        Zone-aware.
    """
    return len(_own_texts(hand, who, since))


def _own_texts(hand: Hand, who: int, since: datetime) -> list[Text]:
    refs = hand.references(who)
    with hand.service[Source.SOCIAL].begin() as social:
        mine = rows(social, "own_board_texts", refs=refs, since=since)
    found = [Text(Source.SOCIAL, row[0], row[1], row[2]) for row in mine]
    if hand.residents.cast.in_messaging[who]:
        profile = hand.messaging_profile(who)
        with hand.service[Source.MESSAGING].begin() as messaging:
            sent = rows(messaging, "own_messages", profile=profile, since=since)
        found += [Text(Source.MESSAGING, row[0], row[1], row[2]) for row in sent]
    return found


def _changed(act: Act, of: Text) -> Change:
    return Change(act, of.source, of.table, "UPDATE", (of.id,), (of.user_ref,))
