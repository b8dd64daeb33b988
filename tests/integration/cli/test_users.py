"""``./aura users``: the first account is made where nobody can sign in yet."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from aura_cli import app as cli
from aura_engine.cluster import ensure_template
from aura_engine.settings import DATABASE_URL_NAMES, Settings
from tests.integration.store.conftest import TEMPLATE, build_template

COMMUNITY = "0b4f6a1e-6d0c-4f2e-9a53-2f8f0f7f9d11"
AURA_ID = "6a1c2f0e-90d3-4a55-8f6b-0e6f2b1a7c42"
ANA = "ana@escuela.example"
EVA = "eva@escuela.example"


@pytest.fixture
def store(lease, database_factory, monkeypatch):
    """An analytics database that the commands find configured."""
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    ensure_template(lease, TEMPLATE, build_template)
    url = database_factory(TEMPLATE)
    for name in DATABASE_URL_NAMES:
        named = url if name == "DATABASE_URL_ANALYTICS" else url.set(database=name.lower())
        monkeypatch.setenv(name, named.render_as_string(hide_password=False))
    engine = create_engine(url, poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def users(capsys):
    """Run a verb: ``users("list")`` gives its status, and what it wrote and complained of."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = cli.main(["users", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def rows(store: Engine, query: str) -> list[tuple]:
    with store.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_the_first_account_is_added_and_shown(store, users):
    status, said, _ = users("list")
    assert status == 0
    assert "users add CORREO --role supervisor" in said
    status, said, _ = users("add", "Ana@Escuela.Example", "--role", "supervisor")
    assert (status, said) == (
        0,
        f"Cuenta añadida: {ANA}, supervisión, ve todas las comunidades.\n",
    )
    _, said, _ = users("list")
    assert ANA in said
    assert "supervisión" in said
    assert "activa" in said


def test_scope_and_aura_id_are_kept(store, users):
    options = ("--role", "counselor", "--scope", COMMUNITY, "--aura-id", AURA_ID)
    status, said, _ = users("add", EVA, *options)
    assert status == 0
    assert COMMUNITY in said
    kept = "SELECT role, CAST(scope AS text), CAST(auth_user_id AS text), version FROM app_user"
    assert rows(store, kept) == [("counselor", f"{{{COMMUNITY}}}", AURA_ID, 1)]


def test_who_is_there_is_not_added_again_and_it_is_said_as_what(store, users):
    users("add", ANA, "--role", "supervisor", "--aura-id", AURA_ID)
    status, _, complaint = users("add", ANA.upper(), "--role", "analyst")
    assert status == 1
    assert "Ya hay una cuenta con ese correo (supervisión, activa)" in complaint
    status, _, complaint = users("add", EVA, "--role", "analyst", "--aura-id", AURA_ID)
    assert status == 1
    assert f"({ANA}: supervisión, activa)" in complaint
    assert rows(store, "SELECT email, role FROM app_user") == [(ANA, "supervisor")]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("add", "ana", "--role", "analyst"), "no es una dirección de correo"),
        (("add", "![](//a.bc)@x.example", "--role", "analyst"), "no es una dirección de correo"),
        (("add", "añá@escuela.example", "--role", "analyst"), "no es una dirección de correo"),
        (("add", ANA, "--role", "service"), "counselor, supervisor, analyst"),
        (("add", ANA, "--role", "analyst", "--scope", "arte"), "«arte» no es el identificador"),
        (("add", ANA, "--role", "analyst", "--aura-id", "7"), "«7» no es el identificador"),
        (("role", ANA, "supervisor"), f"No hay ninguna cuenta con el correo {ANA}"),
        (("disable", ANA), "./aura users list"),
        (("enable", ANA), "./aura users list"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_written(
    store, users, arguments, complaint
):
    status, said, refused = users(*arguments)
    assert (status, said) == (1, "")
    assert complaint in refused
    assert "Traceback" not in refused
    assert rows(store, "SELECT FROM app_user") == []
    assert rows(store, "SELECT FROM audit_log") == []


def test_each_change_is_noted_as_the_command_s_and_no_change_is_not(store, users):
    users("add", ANA, "--role", "supervisor")
    users("add", EVA, "--role", "counselor", "--scope", COMMUNITY)
    assert users("role", EVA, "analyst")[1] == f"{EVA} pasa de orientación a análisis.\n"
    assert "ya tenía ese rol" in users("role", EVA, "analyst")[1]
    assert "desactivada" in users("disable", EVA)[1]
    assert "ya estaba desactivada" in users("disable", EVA)[1]
    assert "Cuenta activada" in users("enable", EVA)[1]
    assert "ya estaba activa" in users("enable", EVA)[1]
    noted = (
        "SELECT l.actor, l.action, u.email, l.detail FROM audit_log l"
        " JOIN app_user u ON u.id = l.account_id ORDER BY l.id"
    )
    assert rows(store, noted) == [
        ("cli", "account_added", ANA, "supervisor, all"),
        ("cli", "account_added", EVA, f"counselor, {COMMUNITY}"),
        ("cli", "account_role", EVA, "counselor -> analyst"),
        ("cli", "account_disabled", EVA, "analyst"),
        ("cli", "account_enabled", EVA, "analyst"),
    ]
    kept = "SELECT CAST(scope AS text) FROM app_user WHERE email = 'eva@escuela.example'"
    assert rows(store, kept) == [(f"{{{COMMUNITY}}}",)]


def test_the_last_supervisor_stays(store, users):
    users("add", ANA, "--role", "supervisor")
    users("add", EVA, "--role", "supervisor", "--scope", COMMUNITY)
    for arguments in (("disable", ANA), ("role", ANA, "analyst")):
        status, _, complaint = users(*arguments)
        assert status == 1
        assert "Es la última cuenta activa" in complaint
    assert rows(store, "SELECT role, disabled_at FROM app_user WHERE email LIKE 'ana%'") == [
        ("supervisor", None)
    ]
    users("add", "luz@escuela.example", "--role", "supervisor")
    assert users("disable", ANA)[0] == 0
