"""Accounts that are opened while the demo is served, and closed again.

Only such an account is ever closed: of the planned people's, rows that are still to come speak.
"""

from __future__ import annotations

from datetime import timedelta

from aura_engine.demo.names import display_names, handles
from aura_engine.demo.profiles import UNUSABLE_PASSWORD, USER_ROLE
from aura_engine.demo.trickle.change import Act, Change
from aura_engine.demo.trickle.hand import Hand, column, write
from aura_engine.demo.trickle.residents import Present
from aura_engine.sources import Source


def open_account(hand: Hand, present: Present) -> list[Change]:
    """Let somebody sign up, fill in a profile and come to the chat, as the services do it."""
    person, profile = hand.new_id(), hand.new_id()
    full_name = display_names(hand.rng, 1)
    # No planned handle has an underscore and eight digits.
    username = f"{handles(hand.rng, full_name)[0]}_{person[:8]}"
    names = {"username": username, "full_name": full_name[0], "now": present.now}
    age = timedelta(days=int(hand.rng.integers(13 * 366, 18 * 365)))
    with hand.service[Source.AUTH].begin() as auth:
        write(
            auth, "add_account", id=person, username=username, role=USER_ROLE, now=present.now,
            email=f"{username}@example.invalid", password=UNUSABLE_PASSWORD,
        )  # fmt: skip
    with hand.service[Source.SOCIAL].begin() as social:
        born = (present.now - age).date()
        write(social, "add_profile", id=person, profile=profile, birth_date=born, **names)
    with hand.service[Source.MESSAGING].begin() as messaging:
        write(messaging, "add_messaging_user", messaging=hand.new_id(), profile=profile, **names)
    return [
        Change(Act.OPEN_ACCOUNT, Source.AUTH, "users", "INSERT", (person,), (person,)),
        Change(Act.OPEN_ACCOUNT, Source.SOCIAL, "user_profiles", "INSERT", (profile,), (person,)),
        Change(Act.OPEN_ACCOUNT, Source.MESSAGING, "users", "INSERT", (profile,), (profile,)),
    ]


def close_account(hand: Hand, present: Present) -> list[Change]:
    """Let somebody go whom the plan does not know; nobody where there is none."""
    with hand.service[Source.AUTH].begin() as auth:
        planned = set(hand.residents.cast.auth_id)
        own = [person for person in column(auth, "accounts") if person not in planned]
        if not own:
            return []
        person = hand.pick(own)
        write(auth, "close_account", id=person)
    changes = [Change(Act.CLOSE_ACCOUNT, Source.AUTH, "users", "DELETE", (person,), (person,))]
    with hand.service[Source.SOCIAL].begin() as social:
        profiles = column(social, "remove_profile", id=person)
    for profile in profiles:
        gone = ("user_profiles", "DELETE", (profile,), (person,))
        changes.append(Change(Act.CLOSE_ACCOUNT, Source.SOCIAL, *gone))
        with hand.service[Source.MESSAGING].begin() as messaging:
            write(messaging, "close_messaging_user", profile=profile, now=present.now)
        hidden = ("users", "UPDATE", (profile,), (profile,))
        changes.append(Change(Act.CLOSE_ACCOUNT, Source.MESSAGING, *hidden))
    return changes
