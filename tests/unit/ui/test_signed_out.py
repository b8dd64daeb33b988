"""Which tokens were signed out, and that they are forgotten once they would have ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aura_ui import signed_out

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed_out, "_ends", {})


def token(minutes: int = 5, **given: Any) -> dict[str, Any]:
    ends = NOW + timedelta(minutes=minutes)
    told = {"iss": "https://id.example", "sub": "7", "email": "ana@escuela.example", "iat": 1}
    return {**told, "exp": int(ends.timestamp()), **given}


@pytest.mark.parametrize("name", ["iss", "sub", "email", "iat", "exp", "nonce"])
def test_a_token_is_told_from_every_other(name: str) -> None:
    signed_out.note(token(), NOW)
    assert signed_out.includes(token(groups=["staff"]))
    assert not signed_out.includes(token(**{name: 99}))


def test_what_has_ended_is_held_no_longer() -> None:
    signed_out.note(token(1), NOW)
    signed_out.note(token(9), NOW + timedelta(seconds=59))
    assert signed_out.includes(token(1))
    signed_out.note(token(9, sub="8"), NOW + timedelta(seconds=60))
    assert not signed_out.includes(token(1))
    assert signed_out.includes(token(9))
