"""Everyone who acts in the demo, with the ids by which each database knows them.

Actors stand in one order everywhere: the scored young people, then staff, then people whose
account is gone but whose traces are left in the social and messaging databases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from aura_engine.demo.localdays import DAY_MS, HOUR_MS, MINUTE_MS, Calendar
from aura_engine.demo.personas import PERSONAS, Persona, habit
from aura_engine.demo.streams import Ids, Stream, generator, is_there, uuids
from aura_engine.demo.turns import Moves

STAFF: Final = 6
FIRST_DAY: Final = -7
"""The history begins with a week before the epoch, so that day 0 has posts to comment on."""

LATE_ACCOUNT_SHARE: Final = 0.08
"""Share of the steady people whose account was made within the history."""

AUTH_ID_IN_MESSAGING: Final = 0.2
"""Share whose messaging `profile_id` is the auth user id instead of the social profile id."""

PROFILE_ID_IN_SOCIAL: Final = 0.03
"""Share of social rows written with the profile id where the auth user id belongs."""

_NEVER: Final = 10**6
_CLASS_SIZE: Final = 26

Flags = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cast:
    """Columns of everyone who acts; all arrays have one entry an actor.

    Attributes
    ----------
    users : int
        How many are scored; they come first, staff next.
    auth_id, profile_id, messaging_id, messaging_profile : ndarray of str or None
        Root id, social profile id, `users.id` and `users.profile_id` of messaging.
    created, profile_created, messaging_created : ndarray of int64
        When the accounts were made, in milliseconds since 1970.
    first_day, last_day : ndarray of int64
        Between which days (last one excluded) they act.
    classmates : ndarray of int64
        Number of the school class, which is also a chat group.
    """

    users: int
    auth_id: Ids
    profile_id: Ids
    messaging_id: Ids
    messaging_profile: Ids
    created: Times
    profile_created: Times
    messaging_created: Times
    first_day: npt.NDArray[np.int64]
    last_day: npt.NDArray[np.int64]
    classmates: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.auth_id)

    @property
    def has_account(self) -> Flags:
        """Who is known to aura_auth."""
        return np.arange(len(self)) < self.users + STAFF

    @property
    def is_staff(self) -> Flags:
        """Who has the role admin."""
        return self.has_account & (np.arange(len(self)) >= self.users)

    @property
    def in_social(self) -> Flags:
        """Who has a social profile."""
        return is_there(self.profile_id)

    @property
    def uses_social(self) -> Flags:
        """Who acts in aura_social: who has a profile, and who had one before they vanished."""
        return self.in_social | ~self.has_account

    @property
    def in_messaging(self) -> Flags:
        """Who has a messaging user."""
        return is_there(self.messaging_profile)

    def acting(self, day: int) -> Flags:
        """Who acts on a day."""
        return (self.first_day <= day) & (day < self.last_day)

    def social_reference(self, rng: np.random.Generator, who: npt.NDArray[np.int64]) -> Ids:
        """Return the ids with which social rows of these people are written."""
        misspelt = (rng.random(len(who)) < PROFILE_ID_IN_SOCIAL) & self.in_social[who]
        return np.where(misspelt, self.profile_id[who], self.auth_id[who])


def make_cast(seed: int, users: int, calendar: Calendar, planted: Moves) -> Cast:
    """Draw everyone's ids, accounts and class.

    Parameters
    ----------
    seed, users : int
        Of the population.
    calendar : Calendar
        Counts days from the epoch.
    planted : Moves
        The moves of the first 120 days; they decide who lacks which account.
    """
    rng = generator(seed, Stream.CAST)
    gone = max(3, round(0.006 * users))
    size = users + STAFF + gone
    persona = np.full(size, PERSONAS.index(Persona.ORDINARY))
    persona[:users] = planted.target
    steady = np.ones(size, dtype=bool)
    steady[:users] = np.isneginf(planted.onset)

    first_day = _first_days(rng, persona, steady, users)
    created = _created(rng, calendar, first_day)
    profile_created = created + rng.integers(2 * MINUTE_MS, 90 * MINUTE_MS, size)
    messaging_created = profile_created + rng.integers(MINUTE_MS, 2 * HOUR_MS, size)

    in_social = rng.random(size) < habit("social_profile")[persona]
    in_messaging = rng.random(size) < habit("messaging")[persona]
    staff = slice(users, users + STAFF)
    in_social[staff] = in_messaging[staff] = True
    # Of accounts that are gone, the messaging side always outlives the social one.
    in_social[users + STAFF :] = rng.random(gone) < 0.4
    in_messaging[users + STAFF :] = True

    auth_id, profile_id, messaging_id = (uuids(rng, size) for _ in range(3))
    profile_id[~in_social] = None
    messaging_id[~in_messaging] = None
    by_auth_id = (rng.random(size) < AUTH_ID_IN_MESSAGING) | ~in_social
    messaging_profile = np.where(by_auth_id, auth_id, profile_id)
    messaging_profile[~in_messaging] = None

    last_day = np.full(size, _NEVER)
    last_day[users + STAFF :] = rng.integers(FIRST_DAY + 2, 110, gone)
    return Cast(
        users, auth_id, profile_id, messaging_id, messaging_profile,
        created, profile_created, messaging_created, first_day, last_day,
        rng.integers(0, max(1, round(users / _CLASS_SIZE)), size),
    )  # fmt: skip


def _first_days(
    rng: np.random.Generator, persona: npt.NDArray[np.int64], steady: Flags, users: int
) -> npt.NDArray[np.int64]:
    """Draw the first day on which each acts; FIRST_DAY for accounts older than the history."""
    size = len(persona)
    first = np.full(size, FIRST_DAY)
    healthy = np.isin(persona, [PERSONAS.index(Persona.ORDINARY), PERSONAS.index(Persona.THRIVING)])
    late = healthy & steady & (rng.random(size) < LATE_ACCOUNT_SHARE)
    late[users:] = False
    newcomer = persona == PERSONAS.index(Persona.NEWCOMER)
    first = np.where(late, rng.integers(1, 100, size), first)
    return np.where(newcomer, rng.integers(92, 117, size), first)


def _created(
    rng: np.random.Generator, calendar: Calendar, first_day: npt.NDArray[np.int64]
) -> Times:
    """Draw account times: the afternoon before the first day, or up to two years earlier."""
    size = len(first_day)
    age = 2 + np.floor(700 * rng.random(size) ** 1.3).astype(np.int64)
    day = np.where(first_day == FIRST_DAY, FIRST_DAY - age, first_day - 1)
    afternoon = 12 * HOUR_MS + rng.integers(0, 8 * HOUR_MS, size)
    start = calendar.day(0).start
    return np.asarray(start + day * DAY_MS + afternoon, dtype=np.int64)
