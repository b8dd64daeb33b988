"""Verbs of production refuse the demo's sources, and a source in place of their own database."""

from __future__ import annotations

import pytest
from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

import scheduler.process
from aura_cli import app as cli
from aura_engine.cluster import Lease, create_role, ensure_template
from aura_engine.settings import DATABASE_URL_NAMES, Settings
from aura_engine.store import migrate
from tests.conftest import DatabaseFactory
from tests.integration.store.conftest import TEMPLATE, build_template

ROLE = "apart_reader"


@pytest.fixture
def databases(
    lease: Lease, database_factory: DatabaseFactory, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> dict[str, URL]:
    """An analytics database and three empty sources, configured, by variable."""
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("AURA_DATA_DIR", str(tmp_path))
    ensure_template(lease, TEMPLATE, build_template)
    create_role(lease, ROLE)
    analytics, *sources = DATABASE_URL_NAMES
    made = {analytics: database_factory(TEMPLATE)}
    made |= {name: database_factory(role=ROLE) for name in sources}
    for name, url in made.items():
        monkeypatch.setenv(name, url.render_as_string(hide_password=False))
    return made


def execute(url: URL, statement: str) -> object:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        result = connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


def mark(lease: Lease, url: URL) -> None:
    """Leave the demo's mark, which the reader's role has no right on."""
    execute(lease.url(str(url.database)), "CREATE SCHEMA aura_demo")


def installations(databases: dict[str, URL]) -> object:
    return execute(databases["DATABASE_URL_ANALYTICS"], "SELECT count(*) FROM installation")


@pytest.mark.parametrize("verb", [["run", "full"], ["scheduler"]])
@pytest.mark.parametrize("name", DATABASE_URL_NAMES[1:])
def test_a_source_with_the_demo_s_people_is_refused_by_its_variable(
    lease, databases, monkeypatch, capsys, verb: list[str], name: str
) -> None:
    monkeypatch.setattr(scheduler.process, "serve", lambda *_: pytest.fail("it went on"))
    mark(lease, databases[name])
    assert cli.main(verb) == 1
    said = capsys.readouterr().err
    assert name in said
    assert "demostración" in said
    assert "Traceback" not in said
    assert installations(databases) == 0


def test_a_source_that_is_away_is_no_reason_not_to_start(databases, monkeypatch) -> None:
    served = []
    monkeypatch.setattr(scheduler.process, "serve", lambda *_: served.append(True))
    away = databases["DATABASE_URL_SOCIAL"].set(port=1)
    monkeypatch.setenv("DATABASE_URL_SOCIAL", away.render_as_string(hide_password=False))
    assert cli.main(["scheduler"]) == 0
    assert served == [True]
    assert installations(databases) == 1


@pytest.mark.parametrize("verb", [["run", "full"], ["scheduler"], ["db", "upgrade"]])
def test_results_are_not_kept_in_a_source(databases, monkeypatch, capsys, verb: list[str]) -> None:
    monkeypatch.setattr(scheduler.process, "serve", lambda *_: pytest.fail("it went on"))
    source = databases["DATABASE_URL_ANALYTICS"]
    migrate.downgrade(create_engine(source, poolclass=NullPool), "0001")
    monkeypatch.setenv("DATABASE_URL_AUTH", source.render_as_string(hide_password=False))
    assert cli.main(verb) == 1
    said = capsys.readouterr().err
    assert "DATABASE_URL_ANALYTICS" in said
    assert "DATABASE_URL_AUTH" in said
    with create_engine(source, poolclass=NullPool).connect() as connection:
        assert migrate.current_revision(connection) == "0001"
