"""Twelve people in the three real schemas, each KPI of whom is reckoned by hand.

Seen at noon UTC of 10 April 2026, ninety days back (from noon of 10 January, excluded), in Madrid:
UTC+1 until 29 March 01:00 UTC, UTC+2 after it. Night, 01:00 to 05:59 there, is 00:00 to 04:59 UTC
in winter and 23:00 to 03:59 UTC in summer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from aura_engine.sources import Source

if TYPE_CHECKING:
    from tests.integration.sources.conftest import World

AS_OF = datetime(2026, 4, 10, 12, tzinfo=UTC)
WINDOW_DAYS = 90
SINCE = AS_OF - timedelta(days=WINDOW_DAYS)
ZONE = "Europe/Madrid"
INSTANT = timedelta(microseconds=1)
SAD, GLAD = "todo me sale mal", "qué buen día"
NEGATIVITY = {SAD: 0.875, GLAD: 0.125}


@dataclass(frozen=True)
class Golden:
    """What is right for one person; None is missing.

    Attributes
    ----------
    night, texts : (int, int)
        Night messages of all messages, and sad ones of all texts, in the window.
    """

    reciprocity: float | None
    days: float
    night: tuple[int, int]
    incomplete: float | None
    texts: tuple[int, int]
    communities: float | None


def user(number: int) -> str:
    return f"00000000-0000-4000-a000-{number:012d}"


def profile(number: int) -> str:
    return f"00000000-0000-4000-b000-{number:012d}"


def at(month: int, day: int, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=UTC)


ANA, BETO, CARLA, DANI, EVA, FER, GABI, HUGO, INES, JUAN, KARLA, LUIS = range(1, 13)
LATER, BOSS, GONE = 20, 30, 40
PEOPLE = range(1, 13)
NO_PROFILE = (FER,)
BY_AUTH_ID = (BETO, FER, LUIS)
"""Whom messaging knows by the auth id, since the token had no profile id."""

GOLDEN = {
    # Follows Beto (accepted) and Carla (pending), not Dani (rejected); followed by Beto (accepted)
    # and Eva (pending): 2 / 2. Last trace: a message of 6 April 04:59:59.
    # Messages: 00:00:00 and 04:59:59 of 2 February are night, 23:59:59 and 05:00:00 are not; the
    # one of 6 April (06:59:59 in summer time) is not. Deleted and system messages are not hers, but
    # the deleted one counts as a text neither.
    ANA: Golden(1.0, 4 + (7 * 3600 + 1) / 86400, (2, 5), 0.0, (2, 5), 2.0),
    # Followed by Ana, follows nobody, as he sent no request: 0 / 1. Messages across the change of
    # the clocks: 29 March 00:59:59 UTC is 01:59:59 (night), 01:00 UTC is 03:00 (night), 03:59:59
    # UTC is 05:59:59 (night), 04:00 UTC is 06:00.
    BETO: Golden(0.0, 12 + 8 / 24, (3, 4), 1.0, (0, 4), 0.0),
    # 50 following by the counter, nobody follows her but Ana's pending request: 50 / 1.
    CARLA: Golden(50.0, 1.0, (0, 1), 0.0, (1, 1), 0.0),
    # Rejected and blocked are no relation: both 0, so missing.
    DANI: Golden(None, 100.0, (0, 0), 1.0, (0, 0), 0.0),
    # No bio but a complete profile, under her profile's id. Follows Ana, followed by nobody: 1 / 1.
    # Her hidden post of three days ago shows that she was there, and is no text.
    EVA: Golden(1.0, 3.0, (0, 0), 0.0, (0, 0), 1.0),
    # No social profile: KPIs 1, 4 and 6 are missing. One night message (02:30 in winter) of two.
    FER: Golden(None, 30.0, (1, 2), None, (2, 2), None),
    # Never seen, account of 2024: more than a year, so 365.
    GABI: Golden(None, 365.0, (0, 0), 1.0, (0, 0), 0.0),
    # Never seen, account ten days and a half old.
    HUGO: Golden(None, 10.5, (0, 0), 1.0, (0, 0), 0.0),
    # Post and comment under her profile's id; a blank comment is no text. Follows three, of whom
    # one accepted and so follows her; herself does not count: 3 / 1.
    INES: Golden(3.0, 2.0, (0, 0), 0.0, (1, 2), 0.0),
    # A message at the window's start does not count, one at its end does, later ones are unknown.
    JUAN: Golden(None, 0.0, (0, 1), 0.0, (0, 1), 0.0),
    # Two communities of one category, one of another, a closed one, one that she joins later.
    KARLA: Golden(None, 5.0, (0, 0), 0.0, (0, 0), 2.0),
    # An image is a message but no text; last seen by messaging's own column, a day ago.
    LUIS: Golden(None, 1.0, (0, 1), 0.0, (0, 0), 0.0),
}


def prior_of_nights() -> tuple[Fraction, Fraction]:
    """Kleinman's estimate in exact numbers, from the counts above."""
    pairs = [(Fraction(s), Fraction(n)) for s, n in (g.night for g in GOLDEN.values()) if n]
    k, total = len(pairs), sum(n for _, n in pairs)
    p = sum(s for s, _ in pairs) / total
    spread = sum(n * (s / n - p) ** 2 for s, n in pairs) / (p * (1 - p))
    gamma = (spread - (k - 1)) / (total - sum(n * n for _, n in pairs) / total - (k - 1))
    return p, min(max((1 - gamma) / gamma, Fraction(0)), total) if gamma > 0 else total


def prior_of_texts() -> tuple[Fraction, Fraction]:
    """One-way random effects in exact numbers, from the counts above."""
    sad, glad = Fraction(7, 8), Fraction(1, 8)
    people = [
        (s * sad + (n - s) * glad, s * sad**2 + (n - s) * glad**2, Fraction(n))
        for s, n in (g.texts for g in GOLDEN.values())
        if n
    ]
    k, total = len(people), sum(n for _, _, n in people)
    mean = sum(t for t, _, _ in people) / total
    within = sum(q - t * t / n for t, q, n in people) / (total - k)
    among = sum(n * (t / n - mean) ** 2 for t, _, n in people)
    between = (among - (k - 1) * within) / (total - sum(n * n for _, _, n in people) / total)
    return mean, min(within / between, total) if between > 0 else total


def populate(world: World) -> None:
    """Write everyone as the services would."""
    _accounts(world)
    _profiles(world)
    _friendships(world)
    _posts(world)
    _communities(world)
    _messages(world)


def _accounts(world: World) -> None:
    created = dict.fromkeys((*PEOPLE, BOSS), datetime(2025, 1, 1))  # noqa: DTZ001
    created |= {
        DANI: datetime(2025, 12, 31, 12),  # noqa: DTZ001 -- a hundred days before
        GABI: datetime(2024, 1, 1),  # noqa: DTZ001
        HUGO: datetime(2026, 3, 31, 0),  # noqa: DTZ001
        LATER: datetime(2026, 4, 10, 12, 0, 1),  # noqa: DTZ001
    }
    world.insert(
        Source.AUTH,
        "users",
        *(
            {
                "user_id": user(number), "username": f"u{number}", "email": f"{number}@example.org",
                "password_hash": "x", "id_role": 1 if number == BOSS else 2, "created_at": moment,
            }
            for number, moment in created.items()
        ),
    )  # fmt: skip


def _profiles(world: World) -> None:
    without_bio = {BETO: None, DANI: " \n", EVA: "", GABI: None, HUGO: "\t"}
    world.insert(
        Source.SOCIAL,
        "user_profiles",
        *(
            {
                "id": profile(number),
                "user_id": user(number),
                "bio": without_bio.get(number, "hola"),
                "following_count": 50 if number == CARLA else 0,
                "created_at": datetime(2025, 1, 1, tzinfo=UTC),
            }
            for number in (*PEOPLE, BOSS, GONE)
            if number not in NO_PROFILE
        ),
    )
    world.insert(
        Source.SOCIAL,
        "complete_profiles",
        {"user_id": profile(EVA), "created_at": at(1, 2)},
        {"user_id": user(DANI), "created_at": AS_OF + INSTANT},
    )


def _friendships(world: World) -> None:
    world.insert(
        Source.SOCIAL,
        "friendships",
        *(
            {"requester_id": one, "addressee_id": other, "status": status, "created_at": at(2, 1)}
            for one, other, status in (
                (user(ANA), user(BETO), "accepted"),
                (user(ANA), user(CARLA), "pending"),
                (user(ANA), user(DANI), "rejected"),
                (user(EVA), user(ANA), "pending"),
                (user(DANI), user(LUIS), "blocked"),
                (profile(INES), user(GONE), "pending"),
                (user(INES), user(BOSS), "accepted"),
                (user(INES), user(99), "pending"),
                (user(INES), user(INES), "accepted"),
            )
        ),
    )


def _posts(world: World) -> None:
    a_post = "10000000-0000-4000-9000-000000000001"
    world.insert(
        Source.SOCIAL,
        "posts",
        {"id": a_post, "user_id": profile(INES), "content": SAD, "created_at": at(4, 8)},
        {"user_id": user(EVA), "content": SAD, "is_active": False, "created_at": at(4, 7)},
        {"user_id": user(KARLA), "content": None, "type": "image", "created_at": at(4, 5)},
        {"user_id": user(CARLA), "content": SAD, "created_at": at(4, 9)},
        {"user_id": user(GONE), "content": SAD, "created_at": at(4, 9)},
    )
    world.insert(
        Source.SOCIAL,
        "comments",
        {"post_id": a_post, "user_id": profile(INES), "content": GLAD, "created_at": at(4, 1)},
        {"post_id": a_post, "user_id": user(INES), "content": " ", "created_at": at(4, 2)},
    )


def _communities(world: World) -> None:
    choir, drums, football, closed = (f"00000000-0000-4000-9000-{n:012d}" for n in range(1, 5))
    world.insert(
        Source.SOCIAL,
        "communities",
        {"id": choir, "creator_id": user(BOSS), "name": "Coro", "category": "Musica"},
        {"id": drums, "creator_id": user(BOSS), "name": "Tambores", "category": "Musica"},
        {"id": football, "creator_id": user(BOSS), "name": "Fut", "category": "Deportes"},
        {"id": closed, "creator_id": user(BOSS), "name": "X", "category": "Arte",
         "is_active": False},
    )  # fmt: skip
    world.insert(
        Source.SOCIAL,
        "community_members",
        *(
            {"community_id": community, "user_id": member, "joined_at": joined}
            for community, member, joined in (
                (choir, user(KARLA), at(1, 1)),
                (drums, profile(KARLA), at(1, 1)),
                (football, user(KARLA), at(1, 1)),
                (closed, user(KARLA), at(1, 1)),
                (choir, user(ANA), at(1, 1)),
                (football, user(ANA), AS_OF),
                (choir, user(EVA), at(1, 1)),
                (football, user(EVA), AS_OF + INSTANT),
            )
        ),
    )


def _messages(world: World) -> None:
    def known_as(number: int) -> str:
        return user(number) if number in BY_AUTH_ID else profile(number)

    world.insert(
        Source.MESSAGING,
        "users",
        *(
            {
                "profile_id": known_as(number),
                "username": f"m{number}",
                "last_seen_at": at(4, 9) if number == LUIS else None,
            }
            for number in (ANA, BETO, CARLA, FER, JUAN, LUIS, BOSS, GONE)
        ),
    )

    def message(number: int, sent: datetime, text: str = GLAD, **more: object) -> dict[str, object]:
        usual = {"sender_profile_id": known_as(number), "content": text, "created_at": sent}
        return usual | more

    world.insert(
        Source.MESSAGING,
        "messages",
        message(ANA, at(2, 1, 23, 59, 59)),
        message(ANA, at(2, 2, 0, 0, 0), SAD),
        message(ANA, at(2, 2, 4, 59, 59), SAD),
        message(ANA, at(2, 2, 5, 0, 0)),
        message(ANA, at(4, 6, 4, 59, 59)),
        message(ANA, at(4, 6, 3), SAD, is_deleted=True),
        message(ANA, at(4, 9, 3), SAD, message_type="system"),
        message(BETO, at(3, 29, 0, 59, 59)),
        message(BETO, at(3, 29, 1, 0, 0)),
        message(BETO, at(3, 29, 3, 59, 59)),
        message(BETO, at(3, 29, 4, 0, 0)),
        message(CARLA, at(1, 20), "12:30", message_type="audio"),
        message(FER, at(3, 11), SAD),
        message(FER, at(2, 3, 1, 30), SAD),
        message(JUAN, SINCE, SAD),
        message(JUAN, AS_OF),
        message(JUAN, AS_OF + INSTANT, SAD),
        message(LUIS, at(1, 15), "foto.jpg", message_type="image"),
        message(BOSS, at(3, 1, 3), SAD),
        message(GONE, at(3, 1, 3), SAD),
    )
