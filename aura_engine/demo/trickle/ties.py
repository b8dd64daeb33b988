"""Who follows whom, who belongs where, and who was there."""

from __future__ import annotations

import numpy as np

from aura_engine.demo.streams import pick_by_weight
from aura_engine.demo.trickle.change import Act, Change
from aura_engine.demo.trickle.hand import Hand, column, rows, write
from aura_engine.demo.trickle.residents import Present
from aura_engine.sources import Source


def be_present(hand: Hand, who: int, present: Present) -> Change | None:
    """Open the application; None for those of whom the service does not write it down.

    Parameters
    ----------
    hand : Hand
        Writes.
    who : int
        Position in the cast.
    present : Present
        When.
    """
    profile, (person, *_) = hand.residents.cast.profile_id[who], hand.references(who)
    with hand.service[Source.SOCIAL].begin() as social:
        is_noted = write(social, "note_presence", profile=profile, now=present.now)
    names = ("user_profiles", "UPDATE", (profile,), (person,))
    return Change(Act.PRESENCE, Source.SOCIAL, *names) if is_noted else None


def request(hand: Hand, who: int, present: Present) -> Change | None:
    """Ask somebody popular to be a friend; None if they have known each other already.

    Parameters
    ----------
    hand : Hand
        Writes.
    who : int
        Position in the cast.
    present : Present
        When.
    """
    cast, today = hand.residents.cast, present.today
    popularity = np.where(
        cast.in_social & hand.residents.there(today), today.habit("popularity"), 0.0
    )
    popularity[who] = 0.0
    other = int(pick_by_weight(hand.rng, popularity, 1)[0])
    pair = (hand.reference(who), hand.reference(other))
    refs = {"one": hand.references(who), "other": hand.references(other)}
    with hand.service[Source.SOCIAL].begin() as social:
        if column(social, "acquaintance", **refs):
            return None
        write(social, "add_request", requester=pair[0], addressee=pair[1], now=present.now)
    return Change(Act.REQUEST, Source.SOCIAL, "friendships", "INSERT", pair, pair)


def accept(hand: Hand, asked: Change, present: Present) -> Change | None:
    """Accept a request; None if it is no longer open.

    Parameters
    ----------
    hand : Hand
        Writes.
    asked : Change
        The request.
    present : Present
        When.
    """
    names = dict(zip(("requester", "addressee"), asked.key, strict=True))
    with hand.service[Source.SOCIAL].begin() as social:
        is_open = write(social, "accept_request", **names, now=present.now)
    told = ("friendships", "UPDATE", asked.key, asked.user_refs)
    return Change(Act.REQUEST, Source.SOCIAL, *told) if is_open else None


def unfriend(hand: Hand, who: int, _present: Present) -> Change | None:
    """End a friendship; None without one.

    Parameters
    ----------
    hand : Hand
        Writes.
    who : int
        Position in the cast.
    """
    with hand.service[Source.SOCIAL].begin() as social:
        friends = rows(social, "friendships_of", refs=hand.references(who))
        if not friends:
            return None
        pair = tuple(hand.pick(friends))
        write(social, "end_friendship", requester=pair[0], addressee=pair[1])
    return Change(Act.UNFRIEND, Source.SOCIAL, "friendships", "DELETE", pair, pair)


def join(hand: Hand, who: int, present: Present) -> Change | None:
    """Join a community; None for members of all.

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
    with hand.service[Source.SOCIAL].begin() as social:
        others = column(social, "communities_without", refs=hand.references(who))
        if not others:
            return None
        names = {"id": row, "community": hand.pick(others), "person": person}
        write(social, "join_community", **names, now=present.now)
    return Change(Act.JOIN, Source.SOCIAL, "community_members", "INSERT", (row,), (person,))


def leave(hand: Hand, who: int, _present: Present) -> Change | None:
    """Leave a community; None for members of none.

    Parameters
    ----------
    hand : Hand
        Writes.
    who : int
        Position in the cast.
    """
    with hand.service[Source.SOCIAL].begin() as social:
        own = rows(social, "memberships_of", refs=hand.references(who))
        if not own:
            return None
        row, person = hand.pick(own)
        write(social, "leave_community", id=row)
    return Change(Act.LEAVE, Source.SOCIAL, "community_members", "DELETE", (row,), (person,))


def count_ties(hand: Hand, who: int) -> tuple[int, int]:
    """Return of how many communities somebody is a member, and how many friends they have."""
    refs = hand.references(who)
    with hand.service[Source.SOCIAL].begin() as social:
        own, friends = (rows(social, q, refs=refs) for q in ("memberships_of", "friendships_of"))
    return len(own), len(friends)
