"""``./aura sources install-triggers`` and ``uninstall-triggers``, and what the doctor says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from aura_cli import app as cli
from aura_cli.doctor import databases as doctor
from aura_cli.doctor.findings import Finding, State
from aura_cli.doctor.triggers import trigger_findings
from aura_engine.cluster import Lease
from aura_engine.demo.site import DemoSite
from aura_engine.settings import Settings
from aura_engine.sources import Source
from aura_engine.sources.roles import READER_ROLE
from aura_engine.sources.triggers import install_script, install_triggers, uninstall_script
from tests.integration.sources.triggered import OWNER, WRITER, Triggered, new_triggered

INSTALL, UNINSTALL = ["sources", "install-triggers"], ["sources", "uninstall-triggers"]
AUTH, SOCIAL = Source.AUTH, Source.SOCIAL


@pytest.fixture
def world(lease: Lease, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[Triggered]:
    """Sources without triggers, configured with the role that only reads."""
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("AURA_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("AURA_OWNER_URL", raising=False)
    with new_triggered(lease, install=False) as made:
        for source in Source:
            monkeypatch.setenv(source.variable, address(made, source, READER_ROLE))
        monkeypatch.setenv("DATABASE_URL_ANALYTICS", "postgresql://nobody@127.0.0.1:1/nowhere")
        yield made


def address(world: Triggered, source: Source, role: str) -> str:
    return world.lease.url(world.names[source], role).render_as_string(hide_password=False)


def found_by_the_doctor(world: Triggered, source: Source) -> Finding:
    url = world.lease.url(world.names[source], READER_ROLE)
    (found,) = doctor.check(source.variable, url, trigger_findings)
    return found


@pytest.mark.parametrize(
    ("verb", "script"), [(INSTALL, install_script), (UNINSTALL, uninstall_script)]
)
def test_a_dry_run_prints_the_script_and_asks_nothing(capsys, verb: list[str], script) -> None:
    assert cli.main([*verb, "--dry-run"]) == 0
    assert capsys.readouterr().out == script()


def test_the_owner_installs_one_source_and_the_doctor_sees_it(
    world: Triggered, monkeypatch, capsys
) -> None:
    assert found_by_the_doctor(world, SOCIAL).state is State.NOTE
    monkeypatch.setenv("AURA_OWNER_URL", address(world, SOCIAL, OWNER))
    assert cli.main([*INSTALL, "--database", "social"]) == 0
    said = capsys.readouterr()
    assert said.out == "aura_social: disparadores instalados (versión 1).\n"
    assert said.err == ""
    found = found_by_the_doctor(world, SOCIAL)
    assert found.state is State.GOOD
    assert "versión 1" in found.detail
    assert found_by_the_doctor(world, AUTH).state is State.NOTE
    assert cli.main([*UNINSTALL, "--database", "social"]) == 0
    assert capsys.readouterr().out == "aura_social: sin disparadores.\n"
    assert found_by_the_doctor(world, SOCIAL).state is State.NOTE


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("DROP TRIGGER aura_cdc_update ON users", "faltan 1 (users.UPDATE)"),
        ("ALTER TABLE users DISABLE TRIGGER aura_cdc_delete", "desactivados 1 (users.DELETE)"),
        ("UPDATE aura_cdc.version SET version = 0", "versión 0"),
        (f"REVOKE USAGE ON SCHEMA aura_cdc FROM {READER_ROLE}", "no puede leer"),
    ],
)
def test_the_doctor_warns_of_what_is_not_whole(world: Triggered, harm: str, said: str) -> None:
    install_triggers(world.engine(AUTH), AUTH)
    world.execute(AUTH, harm, role=OWNER)
    found = found_by_the_doctor(world, AUTH)
    assert found.state is State.WARNING
    assert said in found.detail
    assert "install-triggers --database auth" in found.mend


def test_the_doctor_says_it_beside_the_role_of_each_source(world: Triggered) -> None:
    settings = Settings.load()
    subjects = [found.subject for found in doctor.databases(settings)]
    for source in Source:
        assert f"Disparadores de {source.database}" in subjects


def test_without_the_owner_s_address_and_a_terminal_nothing_happens(
    world: Triggered, capsys
) -> None:
    assert cli.main(INSTALL) == 1
    said = capsys.readouterr().err
    assert "AURA_OWNER_URL" in said
    assert "sql/triggers/" in said


def test_the_address_is_asked_for_without_showing_it(world: Triggered, monkeypatch, capsys) -> None:
    asked = []

    def answer(question: str, *, hide_input: bool, err: bool) -> str:
        assert hide_input
        assert err
        source = Source.AUTH if "aura_auth" in question else Source.MESSAGING
        asked.append(source)
        return address(world, source, OWNER)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", answer)
    assert cli.main([*INSTALL, "--database", "auth", "--database", "messaging"]) == 0
    assert asked == [Source.AUTH, Source.MESSAGING]
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_one_address_is_for_one_source(world: Triggered, monkeypatch, capsys) -> None:
    monkeypatch.setenv("AURA_OWNER_URL", address(world, SOCIAL, OWNER))
    assert cli.main(INSTALL) == 1
    assert "--database" in capsys.readouterr().err
    assert cli.main([*INSTALL, "--database", "messaging"]) == 1
    assert "no es aura_messaging" in capsys.readouterr().err
    assert found_by_the_doctor(world, SOCIAL).state is State.NOTE


@pytest.mark.parametrize("role", [READER_ROLE, WRITER])
def test_a_role_that_does_not_own_the_tables_is_told_what_it_takes(
    world: Triggered, monkeypatch, capsys, role: str
) -> None:
    monkeypatch.setenv("AURA_OWNER_URL", address(world, SOCIAL, role))
    assert cli.main([*INSTALL, "--database", "social"]) == 1
    said = capsys.readouterr().err
    assert "propietario" in said
    assert "Traceback" not in said
    assert str(world.lease.url("x", role).password) not in said


def test_a_bad_address_is_a_message_that_does_not_quote_it(world: Triggered, monkeypatch, capsys):
    monkeypatch.setenv("AURA_OWNER_URL", "mysql://u:correct-horse@h/d")
    assert cli.main([*INSTALL, "--database", "social"]) == 1
    said = capsys.readouterr().err
    assert "AURA_OWNER_URL" in said
    assert "correct-horse" not in said


def test_in_the_embedded_cluster_nothing_more_is_asked(
    reachable_path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    data_dir = reachable_path / "data"
    data_dir.mkdir(mode=0o711)
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.delenv("AURA_OWNER_URL", raising=False)
    monkeypatch.setenv("AURA_EMBEDDED", "1")
    monkeypatch.setenv("AURA_DATA_DIR", str(data_dir))
    settings = Settings.load({"AURA_DATA_DIR": str(data_dir)})
    site = DemoSite.at(settings.data_dir, settings.cluster_dir)
    try:
        with site.cluster.acquire() as lease:
            site.provision(lease)
            assert cli.main(INSTALL) == 0
            assert capsys.readouterr().out.count("disparadores instalados") == 3
            reader = create_engine(lease.url(SOCIAL.database, READER_ROLE), poolclass=NullPool)
            with reader.connect() as connection:
                (found,) = trigger_findings(SOCIAL.variable, connection)
            assert found.state is State.GOOD
            assert cli.main(UNINSTALL) == 0
    finally:
        site.reset()
        shutil.rmtree(data_dir)
