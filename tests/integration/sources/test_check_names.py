"""The check of the role that reveals an identity: reachable, and with exactly its columns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aura_engine.cluster import Lease
from aura_engine.sources import Source, connect_names
from aura_engine.sources.check import Finding, Severity
from aura_engine.sources.check.names import check_names
from aura_engine.sources.roles import IDENTITY_ROLE, IDENTITY_SOURCES, identity_columns
from tests.integration.sources.named import Named, Urls, new_named


@pytest.fixture
def named(lease: Lease) -> Iterator[Named]:
    with new_named(lease) as made:
        yield made


def findings(named: Named) -> list[Finding]:
    return [one for found in check_names(named.names).values() for one in found.findings]


def test_what_the_scripts_install_is_as_it_should_be(named: Named) -> None:
    report = check_names(named.names)
    assert list(report) == list(IDENTITY_SOURCES)
    assert findings(named) == []
    for found in report.values():
        assert found.privileges is not None
        assert found.privileges.role == IDENTITY_ROLE
        assert (found.privileges.missing, found.privileges.excess) == ((), {})


def test_the_columns_are_those_of_the_scripts() -> None:
    assert identity_columns(Source.AUTH) == {"users": ("user_id", "username")}
    assert identity_columns(Source.SOCIAL) == {"user_profiles": ("user_id", "display_name")}


@pytest.mark.parametrize(
    ("source", "change", "code", "named_in_it"),
    [
        (Source.AUTH, "REVOKE SELECT (username) ON users FROM aura_identity",
         "check.missing", "users.username"),
        (Source.SOCIAL, "GRANT SELECT (bio) ON user_profiles TO aura_identity",
         "check.excess", "user_profiles (bio)"),
        (Source.SOCIAL, "GRANT SELECT ON posts TO aura_identity", "check.excess", "posts ("),
        (Source.AUTH, "GRANT UPDATE (username) ON users TO aura_identity",
         "check.writable", "public.users"),
        (Source.SOCIAL, "ALTER TABLE user_profiles RENAME display_name TO shown",
         "check.absent", "user_profiles.display_name"),
    ],
    ids=["missing", "excess column", "excess table", "writes", "absent"],
)  # fmt: skip
def test_less_or_more_than_that_is_told_and_blocks_no_run(
    named: Named, source: Source, change: str, code: str, named_in_it: str
) -> None:
    named.execute(source, change)
    found = {finding.code: finding for finding in findings(named)}
    assert found[code].severity is Severity.WARNING
    assert found[code].source is source
    assert named_in_it in found[code].message
    assert "aura_reader" not in found[code].message
    for finding in found.values():
        assert finding.severity is Severity.WARNING


def test_a_missing_grant_names_its_own_script(named: Named) -> None:
    named.execute(Source.AUTH, "REVOKE SELECT (username) ON users FROM aura_identity")
    (finding,) = findings(named)
    assert "sql/roles/auth_identity.sql" in finding.message


def test_a_source_that_is_away_is_told_with_its_setting_and_the_other_is_looked_at(
    named: Named,
) -> None:
    away = named.names.auth.url.set(port=1)
    with connect_names(Urls(auth=away, social=named.names.social.url)) as names:
        report = check_names(names)
    (finding,) = report[Source.AUTH].findings
    assert finding.severity is Severity.WARNING
    assert "DATABASE_URL_AUTH_IDENTITY" in finding.message
    assert report[Source.SOCIAL].findings == ()
    assert report[Source.SOCIAL].privileges is not None
