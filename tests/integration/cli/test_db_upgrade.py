"""``./aura db upgrade`` on a configured database."""

from __future__ import annotations

import shutil

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from aura_cli import app as cli
from aura_engine.demo.site import DemoSite
from aura_engine.settings import DATABASE_URL_NAMES, Settings
from aura_engine.store import migrate


@pytest.fixture
def environment(monkeypatch):
    """Set variables for the command, which finds no .env beside them."""
    monkeypatch.setitem(Settings.model_config, "env_file", None)

    def put(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


@pytest.fixture
def analytics(database_factory, monkeypatch):
    url = database_factory()
    for name in DATABASE_URL_NAMES:
        # Of the sources this verb asks only that they are others.
        named = url if name == "DATABASE_URL_ANALYTICS" else url.set(database=name.lower())
        monkeypatch.setenv(name, named.render_as_string(hide_password=False))
    return url


def test_it_brings_an_empty_database_to_the_newest_structure_and_says_so(analytics, capsys):
    assert cli.main(["db", "upgrade"]) == 0
    assert migrate.head_revision() in capsys.readouterr().out
    with create_engine(analytics, poolclass=NullPool).connect() as connection:
        assert migrate.current_revision(connection) == migrate.head_revision()


def test_a_second_upgrade_changes_nothing_and_says_so(analytics, capsys):
    cli.main(["db", "upgrade"])
    capsys.readouterr()
    assert cli.main(["db", "upgrade"]) == 0
    assert "ya está en la estructura más nueva" in capsys.readouterr().out


def test_in_the_embedded_cluster_the_owner_upgrades_it(reachable_path, environment, capsys):
    data_dir = reachable_path / "data"
    data_dir.mkdir(mode=0o711)
    environment(AURA_EMBEDDED="1", AURA_DATA_DIR=str(data_dir))
    settings = Settings.load({"AURA_DATA_DIR": str(data_dir)})
    site = DemoSite.at(settings.data_dir, settings.cluster_dir)
    try:
        with site.cluster.acquire() as lease:
            site.provision(lease)
            assert cli.main(["db", "upgrade"]) == 0
            assert "ya está en la estructura más nueva" in capsys.readouterr().out
            assert cli.main(["doctor"]) == 0
            assert "aura_miner" in capsys.readouterr().out
    finally:
        site.reset()
        shutil.rmtree(data_dir)


def test_an_unreachable_database_is_a_message_without_a_password(analytics, capsys, monkeypatch):
    gone = analytics.set(port=1)
    monkeypatch.setenv("DATABASE_URL_ANALYTICS", gone.render_as_string(hide_password=False))
    assert cli.main(["db", "upgrade"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert "Traceback" not in said
    assert analytics.password not in said
