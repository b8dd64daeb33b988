"""Tokens as the AURA auth service signs them, and accounts of those who hold them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from sqlalchemy import Engine

from aura_engine.store.access import Role
from aura_engine.store.accounts import add_account, disable_account

SECRET = "una clave de prueba que es bastante larga para todos los algoritmos de esta prueba"
JWT = {"AURA_AUTH": "jwt", "AURA_JWT_SECRET": SECRET}


def token(
    who: uuid.UUID,
    role: str = "user",
    *,
    secret: str = SECRET,
    lasts: timedelta = timedelta(days=30),
    algorithm: str = "HS256",
    **claims: Any,
) -> str:
    told = {"id": str(who), "email": "x@example.invalid", "username": "x", "role": role}
    ends = {"exp": datetime.now(UTC) + lasts}
    return jwt.encode({**told, **ends, **claims}, secret, algorithm=algorithm)


def bearer(who: uuid.UUID, role: str = "user", **given: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(who, role, **given)}"}


def with_account(
    store: Engine, role: Role, *, scope: set[uuid.UUID] | None = None, disabled: bool = False
) -> uuid.UUID:
    """Add an account and return the AURA id of its owner."""
    who = uuid.uuid4()
    with store.begin() as connection:
        number = add_account(connection, role, auth_user_id=who, scope=scope)
        if disabled:
            disable_account(connection, number)
    return who
