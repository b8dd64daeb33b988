"""Installing and removing the triggers: by psql and by ourselves, again and over what is there."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import ProgrammingError

from aura_engine.cluster.carrier import find_binaries
from aura_engine.errors import SourceError
from aura_engine.sources import Source, triggers
from aura_engine.sources.roles import READER_ROLE, install_reader, uninstall_reader
from aura_engine.sources.triggers import (
    TriggerState,
    install_script,
    install_triggers,
    shipped_version,
    trigger_state,
    uninstall_script,
    uninstall_triggers,
)
from aura_engine.sql import SQL_ROOT
from tests.integration.sources.triggered import OWNER, WRITER, A, Triggered
from tests.patience import eventually

AUTH, SOCIAL, MESSAGING = Source
SCRIPTS = SQL_ROOT / "triggers"
WAITS_FOR_A_LOCK = """
    SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database d ON d.oid = database
                   WHERE datname = current_database() AND locktype = 'relation' AND NOT granted
                     AND mode <> 'RowExclusiveLock')
"""
"""Whether somebody does who wants more than to write rows."""
EVERYTHING = (
    "SELECT 'trigger', tgrelid::regclass::text, tgname::text, tgenabled::text FROM pg_trigger "
    "WHERE NOT tgisinternal UNION ALL "
    "SELECT 'schema', nspname, '', '' FROM pg_namespace WHERE nspname LIKE 'aura%%' UNION ALL "
    "SELECT 'function', proname, md5(prosrc), coalesce(proacl::text, '') FROM pg_proc "
    "WHERE pronamespace::regnamespace::text LIKE 'aura%%' ORDER BY 1, 2, 3"
)
every_source = pytest.mark.parametrize("source", Source)


def state(world: Triggered, source: Source, role: str | None = OWNER) -> TriggerState:
    with world.engine(source, role).connect() as connection:
        return trigger_state(connection, source)


def by_psql(world: Triggered, source: Source, script: Path, role: str = OWNER) -> str:
    """Run a script as a DBA does; return what psql said, and fail where it failed."""
    url = world.lease.url(world.names[source], role)
    done = subprocess.run(
        [
            find_binaries().program("psql"), "-X", "-v", "ON_ERROR_STOP=1", "-f", str(script),
            "-h", str(url.host), "-p", str(url.port), "-U", role, "-d", str(url.database),
        ],
        env=os.environ | {"PGPASSWORD": str(url.password), "LC_ALL": "C"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr


@every_source
def test_the_owner_installs_everything_and_our_role_can_read_it(
    own_triggered: Triggered, source: Source
) -> None:
    assert not state(own_triggered, source).is_there
    done = install_triggers(own_triggered.engine(source), source)
    assert done.state.is_complete
    assert done.warnings == ()
    seen = state(own_triggered, source, READER_ROLE)
    assert seen.is_complete
    assert seen.version == shipped_version()
    assert seen.installed_at is not None
    assert seen.installed_at.tzinfo is not None


@every_source
def test_psql_and_our_own_runner_make_the_same(own_triggered: Triggered, source: Source) -> None:
    nothing = own_triggered.ask(source, EVERYTHING)
    install_triggers(own_triggered.engine(source), source)
    ours = own_triggered.ask(source, EVERYTHING)
    assert len(ours) > len(nothing)
    uninstall_triggers(own_triggered.engine(source), source)
    assert own_triggered.ask(source, EVERYTHING) == nothing
    assert by_psql(own_triggered, source, SCRIPTS / "notify_triggers.sql") == ""
    assert own_triggered.ask(source, EVERYTHING) == ours
    assert by_psql(own_triggered, source, SCRIPTS / "uninstall_triggers.sql") == ""
    assert by_psql(own_triggered, source, SCRIPTS / "uninstall_triggers.sql") == ""
    assert own_triggered.ask(source, EVERYTHING) == nothing


def test_installing_again_changes_nothing_and_loses_nothing(own_triggered: Triggered) -> None:
    install_triggers(own_triggered.engine(SOCIAL), SOCIAL)
    own_triggered.execute(SOCIAL, "INSERT INTO posts (user_id) VALUES (%(A)s)")
    everything = own_triggered.ask(SOCIAL, EVERYTHING)
    (install_id,) = own_triggered.ask(SOCIAL, "SELECT install_id FROM aura_cdc.version")[0]
    install_triggers(own_triggered.engine(SOCIAL), SOCIAL)
    assert own_triggered.ask(SOCIAL, EVERYTHING) == everything
    assert own_triggered.logged(SOCIAL) == [("*", "INSTALL", None), ("posts", "INSERT", A)]
    assert own_triggered.ask(SOCIAL, "SELECT install_id FROM aura_cdc.version") == [(install_id,)]


def test_a_new_installation_is_another_one(own_triggered: Triggered) -> None:
    ids = set()
    for _ in range(2):
        install_triggers(own_triggered.engine(AUTH), AUTH)
        ids.add(own_triggered.ask(AUTH, "SELECT install_id FROM aura_cdc.version")[0])
        assert own_triggered.logged(AUTH) == [("*", "INSTALL", None)]
        uninstall_triggers(own_triggered.engine(AUTH), AUTH)
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("harm", "missing", "disabled"),
    [
        ("DROP TRIGGER aura_cdc_update ON posts", ("posts.UPDATE",), ()),
        ("ALTER TABLE posts DISABLE TRIGGER aura_cdc_delete", (), ("posts.DELETE",)),
        ("ALTER TABLE posts ENABLE REPLICA TRIGGER aura_cdc_delete", (), ("posts.DELETE",)),
    ],
)
def test_what_is_missing_or_disabled_is_said_mended_and_read_again(
    own_triggered: Triggered, harm: str, missing: tuple[str, ...], disabled: tuple[str, ...]
) -> None:
    install_triggers(own_triggered.engine(SOCIAL), SOCIAL)
    own_triggered.execute(SOCIAL, harm, role=OWNER)
    found = state(own_triggered, SOCIAL, READER_ROLE)
    assert (found.missing, found.disabled) == (missing, disabled)
    assert not found.is_complete
    assert install_triggers(own_triggered.engine(SOCIAL), SOCIAL).state.is_complete
    assert own_triggered.logged(SOCIAL) == [("*", "INSTALL", None)] * 2


def test_an_older_version_is_brought_up_and_a_newer_one_is_left(own_triggered: Triggered) -> None:
    owner = own_triggered.engine(AUTH)
    install_triggers(owner, AUTH)
    own_triggered.execute(AUTH, "UPDATE aura_cdc.version SET version = 0", role=OWNER)
    assert state(own_triggered, AUTH).version == 0
    assert not state(own_triggered, AUTH).is_complete
    assert install_triggers(owner, AUTH).state.is_complete
    own_triggered.execute(AUTH, "UPDATE aura_cdc.version SET version = 999", role=OWNER)
    with pytest.raises(SourceError, match="newer version"):
        install_triggers(owner, AUTH)
    assert state(own_triggered, AUTH).version == 999


def test_another_database_is_refused_and_left_alone(own_triggered: Triggered) -> None:
    before = own_triggered.ask(AUTH, EVERYTHING)
    with pytest.raises(SourceError, match=r"aura_messaging.*messages"):
        install_triggers(own_triggered.engine(AUTH), MESSAGING)
    assert own_triggered.ask(AUTH, EVERYTHING) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE posts RENAME content TO body", "public.posts"),
        ("ALTER TABLE friendships ALTER addressee_id TYPE text", "public.friendships"),
    ],
)
def test_a_table_that_looks_otherwise_is_refused_as_a_whole(
    own_triggered: Triggered, change: str, said: str
) -> None:
    own_triggered.execute(SOCIAL, change, role=OWNER)
    before = own_triggered.ask(SOCIAL, EVERYTHING)
    with pytest.raises(SourceError, match=said):
        install_triggers(own_triggered.engine(SOCIAL), SOCIAL)
    assert own_triggered.ask(SOCIAL, EVERYTHING) == before


def test_somebody_else_s_schema_is_refused(own_triggered: Triggered) -> None:
    """Its triggers would run with the rights of the tables' owner."""
    own_triggered.execute(AUTH, f"CREATE SCHEMA aura_cdc AUTHORIZATION {WRITER}", role=None)
    with pytest.raises(SourceError, match=WRITER):
        install_triggers(own_triggered.engine(AUTH), AUTH)


def test_who_owns_no_table_is_refused_with_what_it_takes(own_triggered: Triggered) -> None:
    own_triggered.execute(
        AUTH, f"GRANT CREATE ON DATABASE {own_triggered.names[AUTH]} TO {WRITER}", role=None
    )
    with pytest.raises(SourceError, match="propietario"):
        install_triggers(own_triggered.engine(AUTH, WRITER), AUTH)
    assert not state(own_triggered, AUTH).is_there


def test_a_database_that_is_away_is_a_message(own_triggered: Triggered) -> None:
    from sqlalchemy import create_engine

    away = create_engine(own_triggered.engine(AUTH).url.set(port=1))
    with pytest.raises(SourceError, match="No se pudo conectar con aura_auth"):
        install_triggers(away, AUTH)


def test_a_reader_that_does_not_exist_is_a_warning(
    own_triggered: Triggered, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = install_script().replace("aura_reader", "nobody_yet")
    monkeypatch.setattr(triggers, "install_script", lambda: script)
    done = install_triggers(own_triggered.engine(AUTH), AUTH)
    assert [warning for warning in done.warnings if "sql/roles" in warning]
    assert not state(own_triggered, AUTH, READER_ROLE).is_readable
    assert state(own_triggered, AUTH, READER_ROLE).version is None


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, script in (("install", install_script()), ("uninstall", uninstall_script())):
        short = script.replace(
            "most_tries constant integer := 100", "most_tries constant integer := 2"
        )
        assert short != script
        monkeypatch.setattr(triggers, f"{name}_script", lambda short=short: short)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("verb", [install_triggers, uninstall_triggers])
def test_a_table_that_stays_in_use_is_given_up_and_nothing_is_changed(
    own_triggered: Triggered, verb
) -> None:
    owner = own_triggered.engine(SOCIAL)
    install_triggers(owner, SOCIAL)
    before = own_triggered.ask(SOCIAL, EVERYTHING)
    with own_triggered.engine(SOCIAL, WRITER).connect() as service:
        service.exec_driver_sql("UPDATE posts SET content = 'x'")
        with pytest.raises(SourceError, match="20 segundos"):
            verb(owner, SOCIAL)
        service.rollback()
    assert own_triggered.ask(SOCIAL, EVERYTHING) == before


def test_writers_go_on_while_the_installation_waits_and_no_change_is_missed(
    own_triggered: Triggered,
) -> None:
    """A transaction keeps one table; writers of the others wait for tenths of a second only."""
    owner, written, stopped = own_triggered.engine(SOCIAL), [0], threading.Event()

    def write() -> None:
        with own_triggered.engine(SOCIAL, WRITER).connect() as link:
            while not stopped.is_set():
                link.exec_driver_sql(f"INSERT INTO posts (user_id) VALUES ('{A}')")  # noqa: S608
                link.commit()
                written[0] += 1

    writer = threading.Thread(target=write)
    installer = threading.Thread(target=install_triggers, args=(owner, SOCIAL))
    with own_triggered.engine(SOCIAL, WRITER).connect() as long:
        long.exec_driver_sql("DELETE FROM user_profiles")
        writer.start()
        installer.start()
        for _ in range(3):
            eventually(lambda: own_triggered.ask(SOCIAL, WAITS_FOR_A_LOCK)[0][0])
            before = written[0]
            eventually(lambda before=before: written[0] > before + 1)
        assert installer.is_alive()
        long.rollback()
        installer.join()
    before = written[0]
    eventually(lambda: written[0] > before + 1)
    stopped.set()
    writer.join()
    # Whoever began after the triggers were there is logged.
    posts, logged = own_triggered.ask(
        SOCIAL,
        "SELECT count(*) FILTER (WHERE p.created_at > l.changed_at), (SELECT count(*) "
        "FROM aura_cdc.change_log WHERE table_name = 'posts') "
        "FROM posts AS p JOIN aura_cdc.change_log AS l ON l.operation = 'INSTALL'",
    )[0]
    assert logged >= 1
    assert 0 <= logged - posts <= 1


def test_our_role_may_read_and_prune_and_nothing_else(own_triggered: Triggered) -> None:
    install_triggers(own_triggered.engine(SOCIAL), SOCIAL)
    with own_triggered.engine(SOCIAL, READER_ROLE).connect() as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = off")
        connection.commit()
        for statement in (
            "SELECT id, xid, table_name, operation, user_ref, changed_at FROM aura_cdc.change_log",
            "SELECT version, install_id FROM aura_cdc.version",
            "SELECT last_value, is_called FROM aura_cdc.gap",
            "SELECT aura_cdc.prune('1 day', '3')",
        ):
            connection.exec_driver_sql(statement)
        connection.commit()
        for statement in (
            "INSERT INTO aura_cdc.change_log (table_name, operation) VALUES ('x', 'x')",
            "UPDATE aura_cdc.change_log SET user_ref = NULL",
            "DELETE FROM aura_cdc.change_log",
            "TRUNCATE aura_cdc.change_log",
            "UPDATE aura_cdc.version SET version = 9",
            "SELECT nextval('aura_cdc.gap')",
            "CREATE TABLE aura_cdc.more (x int)",
        ):
            with pytest.raises(ProgrammingError, match="permission denied"):
                connection.exec_driver_sql(statement)
            connection.rollback()


def test_nobody_else_may_do_anything_there(own_triggered: Triggered) -> None:
    install_triggers(own_triggered.engine(SOCIAL), SOCIAL)
    with own_triggered.engine(SOCIAL, WRITER).connect() as connection:
        for statement in (
            "SELECT * FROM aura_cdc.change_log",
            "SELECT * FROM aura_cdc.gap",
            "SELECT aura_cdc.prune('1 day', '3')",
            "SELECT 'aura_cdc.version'::regclass",
        ):
            with pytest.raises(ProgrammingError, match="permission denied for schema aura_cdc"):
                connection.exec_driver_sql(statement)
            connection.rollback()
    public = own_triggered.ask(
        SOCIAL,
        "SELECT relname FROM pg_class, aclexplode(relacl) AS a WHERE a.grantee = 0 "
        "AND relnamespace = 'aura_cdc'::regnamespace UNION ALL "
        "SELECT proname FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS a "
        "WHERE a.grantee = 0 AND pronamespace = 'aura_cdc'::regnamespace",
    )
    assert public == []


def test_pruning_takes_what_is_old_and_read_a_batch_at_a_time(own_triggered: Triggered) -> None:
    install_triggers(own_triggered.engine(SOCIAL), SOCIAL)
    own_triggered.execute(
        SOCIAL,
        "DELETE FROM aura_cdc.change_log",
        "INSERT INTO aura_cdc.change_log (xid, table_name, operation, changed_at) "
        "SELECT '10', 'old', 'x', now() - interval '8 days' FROM generate_series(1, 10500)",
        "INSERT INTO aura_cdc.change_log (xid, table_name, operation, changed_at) "
        "VALUES ('11', 'unread', 'x', now() - interval '8 days'), ('10', 'young', 'x', now())",
        role=OWNER,
    )
    with own_triggered.engine(SOCIAL, READER_ROLE).connect() as reader:
        reader.exec_driver_sql("SET TRANSACTION READ WRITE")
        prune = "SELECT aura_cdc.prune('7 days', '11')"
        pruned = [reader.exec_driver_sql(prune).scalar_one() for _ in range(3)]
        reader.commit()
    assert pruned == [10000, 500, 0]
    left = own_triggered.ask(SOCIAL, "SELECT table_name FROM aura_cdc.change_log ORDER BY 1")
    assert left == [("unread",), ("young",)]


def test_the_readers_role_can_go_once_the_triggers_are_gone(own_triggered: Triggered) -> None:
    install_triggers(own_triggered.engine(AUTH), AUTH)
    uninstall_triggers(own_triggered.engine(AUTH), AUTH)
    uninstall_reader(own_triggered.engine(AUTH, None))
    install_reader(own_triggered.engine(AUTH, None), AUTH)
    assert install_triggers(own_triggered.engine(AUTH), AUTH).state.is_complete


def test_scripts_use_nothing_that_only_psql_knows() -> None:
    for script in (install_script(), uninstall_script()):
        code = "\n".join(line for line in script.splitlines() if not line.startswith("--"))
        assert not [line for line in code.splitlines() if line.lstrip().startswith("\\")]
        assert script.count("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;") == 1
        assert script.rstrip().endswith("COMMIT;")
