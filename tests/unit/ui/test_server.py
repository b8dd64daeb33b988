"""By which names the pages are served."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import create_engine

from aura_engine.settings import Settings
from aura_ui import databases, login
from aura_ui.server import serve

AUTH = {"redirect_uri": "https://aura.example:8443/oauth2callback"}


def hosts_of(monkeypatch: pytest.MonkeyPatch, auth: Any, **variables: str) -> list[str]:
    def section() -> Any:
        if isinstance(auth, Exception):
            raise auth
        return auth

    asked: list[list[str]] = []
    monkeypatch.setattr(databases, "_provided", None)
    monkeypatch.setattr(login, "auth_section", section)
    monkeypatch.setattr("streamlit.web.cli.main", lambda args, **_: asked.append(args))
    serve(Settings.load(variables), create_engine("postgresql+psycopg2://"))
    (arguments,) = asked
    return [one.partition("=")[2] for one in arguments if one.startswith("--server.allowedHosts=")]


def test_this_machine_alone_is_served_where_nobody_signs_in(monkeypatch: pytest.MonkeyPatch):
    assert hosts_of(monkeypatch, None) == ["127.0.0.1", "::1", "localhost"]


def test_who_signs_in_comes_by_the_name_that_the_provider_returns_to(
    monkeypatch: pytest.MonkeyPatch,
):
    assert hosts_of(monkeypatch, AUTH) == ["127.0.0.1", "::1", "aura.example", "localhost"]
    assert hosts_of(monkeypatch, {}) == ["127.0.0.1", "::1", "localhost"]


def test_secrets_that_cannot_be_read_open_no_name(monkeypatch: pytest.MonkeyPatch):
    assert hosts_of(monkeypatch, ValueError("unreadable")) == ["127.0.0.1", "::1", "localhost"]
