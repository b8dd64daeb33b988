"""Accounts and profiles: the rows that exist once a person, and bios that get emptied."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aura_engine.demo.cast import Cast
from aura_engine.demo.journal import Journal, stamps
from aura_engine.demo.localdays import DAY_MS, HOUR_MS, Calendar, LocalDay
from aura_engine.demo.names import display_names, handles
from aura_engine.demo.personas import habit
from aura_engine.demo.streams import Stream, generator, uuids, where_else_none
from aura_engine.demo.turns import Moves

ADMIN_ROLE, USER_ROLE = 1, 2
"""`roles.id_role` in the order in which the auth service creates them."""

UNUSABLE_PASSWORD: Final = "!demo-account-without-login"  # noqa: S105
_PLACES: Final = np.array(
    [
        "Tuxtla Gutiérrez, Chiapas", "Suchiapa, Chiapas", "Guadalajara, Jalisco",
        "Monterrey, Nuevo León", "Puebla, Puebla", "Oaxaca de Juárez, Oaxaca",
        "Toluca, Estado de México", "Mérida, Yucatán",
    ],
    dtype=object,
)  # fmt: skip
_PLACE_SHARES: Final = (0.27, 0.08, 0.15, 0.13, 0.12, 0.1, 0.09, 0.06)
_BIOS: Final = np.array(
    [
        "fan de los tacos y del dibujo", "aquí andamos", "fut, música y desvelos", "leo mucho ✨",
        "team gatos 🐈", "aprendiendo guitarra", "prepa y sueños", "cocino los domingos",
        "correr me despeja", "fotos de cielos", "gamer casual", "bailar siempre 💃",
    ],
    dtype=object,
)  # fmt: skip
_BLANKS: Final = np.array([None, None, None, "", "  "], dtype=object)
_GENDERS: Final = np.array(["male", "female", "other", "prefer_not_to_say", None], dtype=object)
_HOBBIES: Final = np.array(
    ['["lectura"]', '["futbol", "videojuegos"]', '["dibujo"]', '["baile", "musica"]', "[]"],
    dtype=object,
)


def write_accounts(seed: int, cast: Cast, calendar: Calendar, planted: Moves, to: Journal) -> None:
    """Note everyone's accounts and profiles at the times they were made.

    Parameters
    ----------
    seed : int
        Of the population.
    cast : Cast
        Everyone.
    calendar : Calendar
        The days that are lived.
    planted : Moves
        Who turns, when and into what.
    to : Journal
        Takes the rows.
    """
    rng = generator(seed, Stream.PROFILES)
    full_names = display_names(rng, len(cast))
    names = {"full": full_names, "handle": handles(rng, full_names)}
    _write_auth(cast, names["handle"], to)
    ages = 13 + rng.beta(2.2, 2.0, len(cast)) * 6.99
    ages[cast.is_staff] += 20
    people = _People(cast, names["full"], names["handle"], ages, calendar)
    wanted = np.full(len(cast), 0.5)
    wanted[: cast.users] = habit("bio")[planted.origin]
    _write_profiles(rng, people, rng.random(len(cast)) < wanted, to)
    complete = np.zeros(len(cast), dtype=bool)
    complete[: cast.users] = rng.random(cast.users) < habit("complete_profile")[planted.target]
    complete[-1] = True
    _write_complete_profiles(rng, people, complete, to)
    _write_messaging(rng, people, to)


class _People:
    """What the profile tables share."""

    def __init__(
        self, cast: Cast, full_name: Any, handle: Any, ages: Any, calendar: Calendar
    ) -> None:
        self.cast, self.full_name, self.handle, self.ages = cast, full_name, handle, ages
        self.birth = np.array(
            [calendar.epoch - timedelta(days=round(age * 365.25)) for age in ages], dtype=object
        )


def _write_auth(cast: Cast, handle: npt.NDArray[Any], to: Journal) -> None:
    who = np.flatnonzero(cast.has_account)
    at = cast.created[who]
    to.insert(
        "auth",
        "users",
        at,
        {
            "user_id": cast.auth_id[who],
            "username": handle[who],
            "email": handle[who] + "@example.invalid",
            "password_hash": np.full(len(who), UNUSABLE_PASSWORD, dtype=object),
            "id_role": np.where(cast.is_staff[who], ADMIN_ROLE, USER_ROLE),
            "created_at": stamps(at),
        },
    )


def _write_profiles(
    rng: np.random.Generator, people: _People, has_bio: npt.NDArray[np.bool_], to: Journal
) -> None:
    cast = people.cast
    who = np.flatnonzero(cast.in_social)
    count, at = len(who), cast.profile_created[who]
    place = rng.choice(_PLACES, count, p=_PLACE_SHARES)
    bio = np.where(has_bio[who], rng.choice(_BIOS, count), rng.choice(_BLANKS, count))
    to.insert(
        "social",
        "user_profiles",
        at,
        {
            "id": cast.profile_id[who],
            "user_id": cast.auth_id[who],
            "username": people.handle[who],
            "display_name": people.full_name[who],
            "bio": bio,
            "location": where_else_none(rng.random(count) >= 0.1, place),
            "birth_date": where_else_none(rng.random(count) >= 0.08, people.birth[who]),
            "gender": rng.choice(_GENDERS, count, p=[0.42, 0.43, 0.03, 0.05, 0.07]),
            "is_private": rng.random(count) < 0.35,
            "is_active": rng.random(count) >= 0.01,
            "created_at": stamps(at),
            "updated_at": stamps(at),
        },
    )


def _write_complete_profiles(
    rng: np.random.Generator, people: _People, complete: npt.NDArray[np.bool_], to: Journal
) -> None:
    cast = people.cast
    who = np.flatnonzero(complete)
    at = cast.profile_created[who] + rng.integers(0, HOUR_MS, len(who))
    to.insert(
        "social",
        "complete_profiles",
        at,
        {
            "id": uuids(rng, len(who)),
            "user_id": cast.auth_id[who],
            "full_name": people.full_name[who],
            "age": people.ages[who].astype(np.int64),
            "hobbies": rng.choice(_HOBBIES, len(who)),
            "created_at": stamps(at),
            "updated_at": stamps(at),
        },
    )


def _write_messaging(rng: np.random.Generator, people: _People, to: Journal) -> None:
    cast = people.cast
    who = np.flatnonzero(cast.in_messaging)
    at = cast.messaging_created[who]
    seen = where_else_none(rng.random(len(who)) < 0.01, stamps(at))
    to.insert(
        "messaging",
        "users",
        at,
        {
            "id": cast.messaging_id[who],
            "profile_id": cast.messaging_profile[who],
            "username": people.handle[who],
            "display_name": people.full_name[who],
            "last_seen_at": seen,
            "is_active": rng.random(len(who)) >= 0.005,
            "created_at": stamps(at),
            "updated_at": stamps(at),
        },
    )


def empty_bios(seed: int, cast: Cast, day: LocalDay, moves: Moves, to: Journal) -> None:
    """Note the bios that people take down on the day they have changed half-way.

    A bio goes with the probability that makes bios as rare as the new persona has them.

    Parameters
    ----------
    seed : int
        Of the population.
    cast : Cast
        Everyone.
    day : LocalDay
        The day.
    moves : Moves
        Who turns, when and into what.
    to : Journal
        Takes the rows.
    """
    rng = generator(seed, Stream.PROFILES, day.number)
    keeps = np.minimum(1.0, habit("bio")[moves.target] / habit("bio")[moves.origin])
    today = np.floor(moves.onset + moves.ramp / 2) == day.number
    emptied = today & (rng.random(cast.users) >= keeps) & cast.in_social[: cast.users]
    who = np.flatnonzero(emptied)
    at = day.start + rng.integers(0, DAY_MS // 2, len(who)) + 9 * HOUR_MS
    to.update(
        "social",
        "user_profiles",
        ("id",),
        at,
        {
            "id": cast.profile_id[who],
            "bio": np.full(len(who), None, dtype=object),
            "updated_at": stamps(at),
        },
    )
