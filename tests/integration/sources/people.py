"""Eight people made by hand, each with a trap, besides staff and somebody who left.

Everything is seen at noon (UTC) of 20 March 2026, ninety days back, in Mexico City (UTC-6 all
year since 2022): 07:00 to 11:59 UTC is night.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from aura_engine.sources import Source

if TYPE_CHECKING:
    from tests.integration.sources.conftest import World

AS_OF = datetime(2026, 3, 20, 12, tzinfo=UTC)
WINDOW_DAYS = 90
SINCE = AS_OF - timedelta(days=WINDOW_DAYS)
ZONE = "America/Mexico_City"


def auth_id(number: int) -> str:
    return f"00000000-0000-4000-a000-{number:012d}"


def profile_id(number: int) -> str:
    return f"00000000-0000-4000-b000-{number:012d}"


def messaging_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


ANA, BETO, CARLA, DANI, EVA, FER, GABI, HUGO = (auth_id(number) for number in range(1, 9))
LATER, BOSS, GONE = auth_id(20), auth_id(30), auth_id(40)
PEOPLE = [ANA, BETO, CARLA, DANI, EVA, FER, GABI, HUGO]

MUSIC, DRUMS, SPORT, CLOSED = (f"00000000-0000-4000-9000-{number:012d}" for number in range(1, 5))
A_POST = "10000000-0000-4000-9000-000000000001"


def at(day: int, hour: int = 0, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def populate(world: World) -> None:
    _accounts(world)
    _profiles(world)
    _social_life(world)
    _messaging(world)


def _accounts(world: World) -> None:
    joined = {LATER: datetime(2026, 3, 20, 12, 0, 1), CARLA: None}  # noqa: DTZ001
    world.insert(
        Source.AUTH,
        "users",
        *(
            {
                "user_id": user_id,
                "username": f"u{user_id[-2:]}",
                "email": f"u{user_id[-2:]}@example.org",
                "password_hash": "x",
                "id_role": 1 if user_id == BOSS else 2,
                "created_at": joined.get(user_id, datetime(2025, 1, 1)),  # noqa: DTZ001
            }
            for user_id in (*PEOPLE, LATER, BOSS)
        ),
    )


def _profile(number: int, user_id: str, **changed: object) -> dict[str, object]:
    usual = {"id": profile_id(number), "user_id": user_id, "created_at": at(1, month=1)}
    return usual | changed


def _profiles(world: World) -> None:
    world.insert(
        Source.SOCIAL,
        "user_profiles",
        _profile(1, ANA, bio="Me gusta leer", birth_date=date(2008, 5, 4), location=" Puebla "),
        _profile(2, BETO, bio=" \n\t ", location="  "),
        # Carla (3) has no social profile.
        _profile(4, DANI, following_count=1),
        _profile(5, EVA, is_active=False, last_active_at=AS_OF + timedelta(seconds=1)),
        _profile(6, FER),
        _profile(7, GABI, last_active_at=at(3, 3)),
        _profile(8, HUGO, created_at=AS_OF + timedelta(hours=1)),
        _profile(20, LATER, created_at=AS_OF + timedelta(hours=1)),
        _profile(30, BOSS),
        _profile(40, GONE),
    )
    world.insert(
        Source.SOCIAL,
        "complete_profiles",
        {"user_id": BETO, "created_at": at(2)},
        {"user_id": profile_id(4), "created_at": at(2)},
        {"user_id": EVA, "created_at": AS_OF + timedelta(hours=1)},
        {"user_id": GONE, "created_at": at(2)},
    )


def _social_life(world: World) -> None:
    world.insert(
        Source.SOCIAL,
        "posts",
        {"id": A_POST, "user_id": ANA, "content": "hola", "created_at": at(5)},
        {"user_id": BETO, "content": None, "type": "image", "created_at": at(4)},
        {"user_id": EVA, "content": "adiós", "is_active": False, "created_at": at(6)},
        {"user_id": GONE, "content": "nadie", "created_at": at(6)},
        {"user_id": BOSS, "content": "aviso", "created_at": at(6)},
        {"user_id": GABI, "content": "luego", "created_at": AS_OF + timedelta(seconds=1)},
    )
    world.insert(
        Source.SOCIAL,
        "comments",
        {"post_id": A_POST, "user_id": profile_id(1), "content": "sí", "created_at": at(7)},
        {"post_id": A_POST, "user_id": CARLA, "content": " ", "created_at": at(8)},
    )
    world.insert(
        Source.SOCIAL,
        "friendships",
        *(
            {"requester_id": one, "addressee_id": other, "status": status, "created_at": at(day)}
            for one, other, status, day in (
                (ANA, BETO, "accepted", 1),
                (BETO, ANA, "accepted", 1),  # the same two, the other way
                (ANA, CARLA, "pending", 1),
                (EVA, ANA, "pending", 1),
                (DANI, ANA, "rejected", 1),
                (DANI, BETO, "blocked", 1),
                (DANI, EVA, "pending", 1),
                (DANI, FER, "pending", 1),
                (GONE, GABI, "accepted", 1),
                (FER, FER, "accepted", 1),
                (FER, GABI, "pending", 21),
            )
        ),
    )
    world.insert(
        Source.SOCIAL,
        "communities",
        {"id": MUSIC, "creator_id": BOSS, "name": "Coro", "category": "Musica"},
        {"id": DRUMS, "creator_id": BOSS, "name": "Tambores", "category": "Musica"},
        {"id": SPORT, "creator_id": BOSS, "name": "Fut", "category": "Deportes"},
        {
            "id": CLOSED, "creator_id": BOSS, "name": "Cerrada", "category": "Arte",
            "is_active": False,
        },
    )  # fmt: skip
    world.insert(
        Source.SOCIAL,
        "community_members",
        *(
            {"community_id": community, "user_id": user_id, "joined_at": joined}
            for community, user_id, joined in (
                (MUSIC, ANA, at(1)),
                (DRUMS, profile_id(1), at(1)),
                (SPORT, ANA, at(1)),
                (CLOSED, ANA, at(1)),
                (SPORT, BETO, AS_OF + timedelta(seconds=1)),
                (MUSIC, GONE, at(1)),
            )
        ),
    )


def _messaging(world: World) -> None:
    def person(number: int, profile: str, **changed: object) -> dict[str, object]:
        usual = {"id": messaging_id(number), "profile_id": profile, "username": f"m{number}"}
        return usual | changed

    world.insert(
        Source.MESSAGING,
        "users",
        person(1, profile_id(1)),
        person(2, BETO, is_active=False),  # the token had no profile id
        person(3, CARLA),
        person(5, profile_id(5), last_seen_at=at(9)),
        person(6, profile_id(6)),
        person(66, FER),  # the same person, once without a profile id
        person(7, profile_id(7), last_seen_at=AS_OF + timedelta(days=1)),
        person(30, profile_id(30)),
        person(40, profile_id(40)),
    )

    def message(sender: str, sent: datetime, **changed: object) -> dict[str, object]:
        usual = {"sender_profile_id": sender, "content": "hola", "created_at": sent}
        return usual | changed

    ana, fer = profile_id(1), profile_id(6)
    world.insert(
        Source.MESSAGING,
        "messages",
        message(ana, at(2, 6, 59)),  # 00:59, not yet night
        message(ana, at(2, 7, 0)),  # 01:00
        message(ana, at(2, 11, 59)),  # 05:59
        message(ana, at(2, 12, 0)),  # 06:00, no longer
        message(ana, at(2, 8), message_type="image", content="foto.jpg"),
        message(ana, at(10, 8), message_type="system", content="Ana entró al grupo"),
        message(ana, at(9, 8), is_deleted=True),
        message(ana, SINCE),  # the window is open at its start
        message(BETO, AS_OF),  # and closed at its end
        message(BETO, AS_OF + timedelta(microseconds=1)),
        message(CARLA, SINCE, content="hace mucho"),
        message(fer, at(2, 8)),
        message(FER, at(3, 20)),
        message(profile_id(30), at(3, 20)),
        message(profile_id(40), at(3, 20)),
        message(profile_id(40), at(4, 20)),
    )
