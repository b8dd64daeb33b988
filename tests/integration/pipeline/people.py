"""A hundred and fifty hand-made people: most ordinary, ten whose days are visibly bad."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import Connection, text

from aura_engine.sources import Source

NOW = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)
PEOPLE = 150
AT_RISK = 10
KIND = ("vamos al parque en la tarde", "qué bonito día, gracias", "ya hice la tarea de mate")
SAD = ("estoy muy triste, todo me sale mal", "odio esto, no puedo más", "nadie me quiere, qué asco")


def person_id(i: int) -> str:
    return str(uuid.UUID(int=0xA0000 + i))


def profile_id(i: int) -> str:
    return str(uuid.UUID(int=0xB0000 + i))


def is_at_risk(i: int) -> bool:
    return i >= PEOPLE - AT_RISK


def populate(connection: Connection, source: Source) -> None:
    """Write everyone into one source; texts are numbered, so that each occurs once."""
    write = {Source.AUTH: _auth, Source.SOCIAL: _social, Source.MESSAGING: _messaging}
    write[source](connection, np.random.default_rng(11))


def _auth(connection: Connection, _draw: np.random.Generator) -> None:
    for i in range(PEOPLE):
        _account(connection, person_id(i), f"persona{i}", "user")
    _account(connection, person_id(9_000), "docente", "admin")


def _account(connection: Connection, user_id: str, username: str, role: str) -> None:
    connection.execute(
        text(
            "INSERT INTO users (user_id, username, email, password_hash, id_role, created_at)"
            " SELECT :id, :name, :name || '@example.invalid', '!', id_role, :at FROM roles"
            " WHERE role_name = :role"
        ),
        {
            "id": user_id,
            "name": username,
            "role": role,
            "at": (NOW - timedelta(days=200)).replace(tzinfo=None),
        },
    )


def _social(connection: Connection, draw: np.random.Generator) -> None:
    communities = [str(uuid.UUID(int=0xC0000 + i)) for i in range(6)]
    categories = ["Deportes", "Arte", "Musica", "Lectura", "Gaming", "Cocina"]
    connection.execute(
        text(
            "INSERT INTO communities (id, creator_id, name, category)"
            " VALUES (:id, :id, :category, CAST(:category AS enum_communities_category))"
        ),
        [{"id": c, "category": k} for c, k in zip(communities, categories, strict=True)],
    )
    connection.execute(
        text(
            "INSERT INTO user_profiles (id, user_id, bio, location, birth_date, created_at)"
            " VALUES (:id, :user, :bio, 'Mérida, Yucatán', '2009-05-05', '2025-09-01Z')"
        ),
        [
            {"id": profile_id(i), "user": person_id(i), "bio": None if is_at_risk(i) else "hola"}
            for i in range(PEOPLE)
        ],
    )
    memberships = [
        {"c": str(community), "u": person_id(i)}
        for i in range(PEOPLE)
        if not is_at_risk(i)
        for community in draw.choice(communities, int(draw.integers(1, 5)), replace=False)
    ]
    connection.execute(
        text(
            "INSERT INTO community_members (community_id, user_id, joined_at) VALUES (:c, :u, :at)"
        ),
        [{**row, "at": NOW - timedelta(days=100)} for row in memberships],
    )
    friendships = [
        {
            "a": person_id(i),
            "b": person_id(int(j)),
            "status": "pending" if is_at_risk(i) else "accepted",
            "at": NOW - timedelta(days=90),
        }
        for i in range(PEOPLE)
        for j in draw.choice(PEOPLE - AT_RISK, 6, replace=False)
        if i != j
    ]
    connection.execute(
        text(
            "INSERT INTO friendships (requester_id, addressee_id, status, created_at)"
            " VALUES (:a, :b, CAST(:status AS enum_friendships_status), :at)"
        ),
        friendships,
    )
    posts = [
        {"u": person_id(i), "content": f"{KIND[n % 3]} {i}-{n}", "at": NOW - timedelta(days=n + 2)}
        for i in range(PEOPLE)
        for n in range(3)
    ]
    connection.execute(
        text(
            "INSERT INTO posts (user_id, content, created_at, updated_at)"
            " VALUES (:u, :content, :at, :at)"
        ),
        posts,
    )


def _messaging(connection: Connection, draw: np.random.Generator) -> None:
    connection.execute(
        text(
            "INSERT INTO users (profile_id, username, created_at)"
            " VALUES (:profile, :name, '2025-09-01Z')"
        ),
        [{"profile": profile_id(i), "name": f"persona{i}"} for i in range(PEOPLE)],
    )
    messages = []
    for i in range(PEOPLE):
        for n in range(20):
            night = draw.random() < (0.6 if is_at_risk(i) else 0.05)
            day = NOW - timedelta(days=int(draw.integers(1, 80)))
            hour = 9 if night else 20  # UTC: 03:00 and 14:00 in Mexico City
            words = SAD[n % 3] if is_at_risk(i) else KIND[n % 3]
            at = day.replace(hour=hour, minute=n)
            messages.append({"p": profile_id(i), "content": f"{words} {i}/{n}", "at": at})
    connection.execute(
        text(
            "INSERT INTO messages (sender_profile_id, content, created_at, updated_at)"
            " VALUES (:p, :content, :at, :at)"
        ),
        messages,
    )
