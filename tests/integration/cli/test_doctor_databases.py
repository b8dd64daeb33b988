"""The doctor looks at real databases: reachable, with which role, at which structure."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from aura_cli.doctor import databases as doctor
from aura_cli.doctor.findings import State
from aura_engine.cluster import create_role
from aura_engine.settings import DATABASE_URL_NAMES, DatabaseUrls, IdentityUrls, Settings
from aura_engine.sources import Source
from aura_engine.store import migrate
from tests.integration.sources.named import new_named

ROLE = "doctor_reader"


@pytest.fixture
def source(lease, database_factory):
    """A database with one table and a role that has no right on it yet: (superuser, role)."""
    create_role(lease, ROLE)
    url = database_factory()
    execute(url, "CREATE TABLE posts (id int, content text)", f"GRANT SELECT ON posts TO {ROLE}")
    return url, lease.url(url.database, ROLE)


def execute(url, *statements):
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def look(url, kind=doctor.source_findings):
    return list(doctor.check("DATABASE_URL_SOCIAL", url, kind))


def test_a_role_that_only_reads_is_good(source):
    (found,) = look(source[1])
    assert found.state is State.GOOD
    assert ROLE in found.detail
    assert "PostgreSQL 18" in found.detail


@pytest.mark.parametrize(
    "grant",
    ["INSERT ON posts", "UPDATE (content) ON posts", "DELETE ON posts", "TRUNCATE ON posts"],
)
def test_a_role_that_can_write_is_a_warning_that_names_the_table(source, grant):
    execute(source[0], f"GRANT {grant} TO {ROLE}")
    (found,) = look(source[1])
    assert found.state is State.WARNING
    assert "public.posts" in found.detail
    assert "sql/roles" in found.mend


def test_a_superuser_is_a_warning(source):
    (found,) = look(source[0])
    assert found.state is State.WARNING
    assert "superusuario" in found.detail


def test_an_unreachable_database_is_broken_and_shows_no_password(source):
    (found,) = look(source[1].set(port=1))
    assert found.state is State.BROKEN
    assert "DATABASE_URL_SOCIAL" in found.mend
    assert source[1].password not in found.detail


def test_a_wrong_password_is_broken(source):
    (found,) = look(source[1].set(password="wrong-correct-horse"))
    assert found.state is State.BROKEN
    assert "wrong-correct-horse" not in found.detail + found.mend


def test_an_analytics_database_without_structure_names_the_command(source):
    role, structure = look(source[0], doctor.analytics_findings)
    assert role.state is State.GOOD
    assert structure.state is State.BROKEN
    assert "./aura db upgrade" in structure.mend


def test_an_upgraded_analytics_database_is_good(database_factory):
    url = database_factory()
    engine = create_engine(url, poolclass=NullPool)
    migrate.upgrade(engine)
    assert [found.state for found in look(url, doctor.analytics_findings)] == [State.GOOD] * 2


def test_a_role_that_may_not_create_cannot_keep_the_analytics_database(source):
    role, _ = look(source[1], doctor.analytics_findings)
    assert role.state is State.BROKEN
    assert "CREATE" in role.mend


def test_all_four_are_looked_at_under_their_variables_names(source):
    found = list(doctor.check_all(DatabaseUrls(source[0], source[1], source[1], source[1])))
    assert {f.subject for f in found} >= set(DATABASE_URL_NAMES)


def of_names(named):
    urls = IdentityUrls(named.engine(Source.AUTH).url, named.engine(Source.SOCIAL).url)
    return {finding.subject: finding for finding in doctor.check_names(urls)}


def test_the_role_that_reveals_an_identity_is_looked_at_too(lease):
    with new_named(lease) as named:
        good = of_names(named)
        assert [finding.state for finding in good.values()] == [State.GOOD] * 2
        named.execute(Source.AUTH, "REVOKE SELECT (username) ON users FROM aura_identity")
        named.execute(Source.SOCIAL, "GRANT SELECT ON posts TO aura_identity")
        less, more = of_names(named).values()
        away = IdentityUrls(named.engine(Source.AUTH).url, named.names.social.url.set(port=1))
        *_, unreachable = doctor.check_names(away)
    assert [finding.state for finding in (less, more)] == [State.WARNING] * 2
    assert "users.username" in less.detail
    assert "auth_identity.sql" in less.mend
    assert more.detail.endswith("posts")
    assert unreachable.state is State.BROKEN


def test_without_the_role_of_names_a_note_says_what_that_means(source):
    url = source[1].render_as_string(hide_password=False)
    found = list(doctor.databases(Settings.load(dict.fromkeys(DATABASE_URL_NAMES, url))))
    (note,) = (one for one in found if one.subject == "DATABASE_URL_*_IDENTITY")
    assert note.state is State.NOTE


def test_some_addresses_missing_is_broken_and_none_is_not():
    (some,) = doctor.databases(Settings.load({"DATABASE_URL_AUTH": "postgresql://u@h/d"}))
    assert some.state is State.BROKEN
    assert "DATABASE_URL_SOCIAL" in some.mend
    (none,) = doctor.databases(Settings.load({}))
    assert none.state is State.NOTE


def test_an_embedded_cluster_that_was_not_made_yet_is_not_made_by_looking(tmp_path):
    settings = Settings.load({"AURA_EMBEDDED": "1", "AURA_DATA_DIR": str(tmp_path / "data")})
    (found,) = doctor.databases(settings)
    assert found.state is State.NOTE
    assert "./aura demo" in found.mend
    assert not (tmp_path / "data").exists()
