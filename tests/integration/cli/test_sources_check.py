"""``./aura sources check``: the page, its JSON, and the exit status."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from aura_cli import app as cli
from aura_engine.cluster import Lease
from aura_engine.settings import Settings
from aura_engine.sources import Source
from aura_engine.sources.roles import IDENTITY_SOURCES
from tests.integration.sources.conftest import World, new_world
from tests.integration.sources.named import new_named
from tests.integration.sources.people import ANA, PEOPLE, populate

COMMAND = ["sources", "check"]


@pytest.fixture
def world(lease: Lease, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[World]:
    """Sources with a few people, configured; the analytics database is never asked."""
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("AURA_DATA_DIR", str(tmp_path))
    with new_world(lease) as made:
        populate(made)
        for source in Source:
            url = made.sources.engine(source).url
            monkeypatch.setenv(source.variable, url.render_as_string(hide_password=False))
        nowhere = url.set(port=1, database="nowhere")
        monkeypatch.setenv("DATABASE_URL_ANALYTICS", nowhere.render_as_string(hide_password=False))
        yield made


def test_a_fit_source_is_one_page_to_sign_and_success(world: World, capsys) -> None:
    assert cli.main(COMMAND) == 0
    page = capsys.readouterr().out
    for said in (
        "aura_auth",
        "aura_social",
        "aura_messaging",
        "rol aura_reader",
        "follow_relations",
        "2 lecturas de friendships",
        "nada de más",
        "Firma:",
        "Apta",
    ):
        assert said in page
    assert max(len(line) for line in page.splitlines()) <= 110
    assert len(page.splitlines()) < 120
    assert ANA not in page


def test_with_json_the_last_line_is_the_same_for_programs(world: World, capsys) -> None:
    assert cli.main([*COMMAND, "--json"]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["fit"] is True
    assert set(report["sources"]) == set(Source)
    assert report["sources"]["social"]["privileges"]["role"] == "aura_reader"
    assert report["duration"]["people"] == len(PEOPLE) + 1  # by now the latest account is there


def test_what_keeps_a_run_from_being_made_is_said_and_no_success(world: World, capsys) -> None:
    world.execute(Source.MESSAGING, "REVOKE SELECT (content) ON messages FROM aura_reader")
    assert cli.main([*COMMAND, "--json"]) == 1
    said = capsys.readouterr().out
    assert "No apta" in said
    assert "messages.content" in said
    assert json.loads(said.splitlines()[-1])["fit"] is False


def test_what_is_to_be_decided_is_said_and_a_success(world: World, capsys) -> None:
    world.execute(Source.SOCIAL, "GRANT UPDATE ON posts TO aura_reader")
    assert cli.main(COMMAND) == 0
    said = capsys.readouterr().out
    assert "public.posts" in said
    assert "a decidir" in said


def test_a_source_that_is_down_shows_neither_address_nor_password(
    world: World, monkeypatch, capsys
) -> None:
    away = world.sources.social.url.set(port=1)
    monkeypatch.setenv("DATABASE_URL_SOCIAL", away.render_as_string(hide_password=False))
    assert cli.main(COMMAND) == 1
    said = "".join(capsys.readouterr())
    assert "aura_social · no se pudo leer" in said
    assert "DATABASE_URL_SOCIAL" in said
    assert str(away.password) not in said
    assert "127.0.0.1" not in said


def test_without_the_role_of_names_one_line_says_so(world: World, capsys) -> None:
    assert cli.main([*COMMAND, "--json"]) == 0
    page = capsys.readouterr().out
    assert "Identidades: sin configurar (DATABASE_URL_AUTH_IDENTITY" in page
    assert json.loads(page.splitlines()[-1])["names"] is None


def test_the_role_of_names_is_looked_at_where_it_is_configured(
    world: World, lease: Lease, monkeypatch, capsys
) -> None:
    with new_named(lease) as named:
        for source in IDENTITY_SOURCES:
            url = named.engine(source).url.render_as_string(hide_password=False)
            monkeypatch.setenv(f"{source.variable}_IDENTITY", url)
        assert cli.main(COMMAND) == 0
        page = capsys.readouterr().out
        assert page.count("identidades · base") == 2
        assert "rol aura_identity" in page
        named.execute(Source.AUTH, "GRANT SELECT (email) ON users TO aura_identity")
        assert cli.main(COMMAND) == 0
        page = capsys.readouterr().out
    assert "users (email)" in page
    assert "a decidir" in page
