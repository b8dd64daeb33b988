"""The check of the sources on real servers: what is fit, what is missing, what is too much."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from aura_engine.cluster import Lease
from aura_engine.sources import Source, connect_sources
from aura_engine.sources.check import Finding, Severity, SourcesReport, Verdict, check_sources
from aura_engine.sources.roles import granted_columns
from tests.integration.sources.conftest import Urls, World, new_world
from tests.integration.sources.people import (
    ANA,
    AS_OF,
    BETO,
    DANI,
    PEOPLE,
    WINDOW_DAYS,
    ZONE,
    populate,
)
from tests.patience import PATIENCE


@pytest.fixture
def world(lease: Lease) -> Iterator[World]:
    """The people of ``people.py`` in sources whose grants and rows a test may change."""
    with new_world(lease) as made:
        populate(made)
        for owner in made.owners.values():
            with owner.begin() as connection:
                connection.exec_driver_sql("ANALYZE")
        yield made


@pytest.fixture(scope="module")
def healthy(populated_world: World) -> SourcesReport:
    return check(populated_world)


def check(world: World, *, zone: str = ZONE, now: datetime = AS_OF) -> SourcesReport:
    return check_sources(world.sources, window_days=WINDOW_DAYS, timezone=zone, clock=lambda: now)


def codes(report: SourcesReport, severity: Severity) -> set[str]:
    return {finding.code for finding in report.having(severity)}


def finding(report: SourcesReport, code: str) -> Finding:
    (found,) = [finding for finding in report.findings if finding.code == code]
    return found


def test_sources_as_the_scripts_leave_them_are_fit(healthy: SourcesReport) -> None:
    assert healthy.is_fit
    for source, found in healthy.sources.items():
        role = found.privileges
        assert role is not None
        assert (role.role, role.server_version[:2]) == ("aura_reader", "18")
        assert not any([role.missing, role.absent, role.other_types, role.excess])
        assert not any([role.writable, role.is_superuser, role.can_create])
        assert role.limits["statement_timeout"] == "10min"
        assert {table.table for table in found.tables} == set(granted_columns(source)) - {"roles"}
        verdicts = {plan.verdict for plan in found.plans}
        assert verdicts <= {Verdict.INDEX, Verdict.ONE_SCAN}


def test_rows_are_counted_and_what_is_nobodys_is_shown(healthy: SourcesReport) -> None:
    auth, social = healthy.sources[Source.AUTH], healthy.sources[Source.SOCIAL]
    (accounts,) = auth.tables
    assert (accounts.rows, accounts.is_exact) == (len(PEOPLE) + 2, True)
    assert accounts.saying["population"] == len(PEOPLE) + 1
    assert {table.table: table.rows for table in social.tables}["friendships"] == 11
    assert healthy.unresolved is not None
    assert healthy.unresolved.tables["messaging.messages"].unresolved_rows == 2
    shown = next(
        found
        for found in healthy.findings
        if found.code == "check.unresolved" and "messaging.messages" in found.message
    )
    assert "2 filas" in shown.message


def test_the_duration_is_timed_and_counts_people_and_texts(healthy: SourcesReport) -> None:
    spent = healthy.duration
    assert spent is not None
    assert spent.people == len(PEOPLE)
    # Ana's, the stranger's and staff's posts, one comment with words; of messages in the window
    # of type text and not deleted: Ana 4, Beto 1, Fer 2, staff 1, the stranger 2.
    assert spent.texts == 3 + 1 + 10
    assert 0 < spent.extraction_seconds < PATIENCE
    assert spent.first_seconds("production") > spent.first_seconds("reduced")
    assert spent.first_seconds("reduced") > spent.nightly_seconds("reduced")


def test_the_report_is_plain_json_and_holds_nobodys_data(healthy: SourcesReport) -> None:
    said = json.dumps(healthy.as_dict(), ensure_ascii=False)
    for personal in (ANA, BETO, DANI, "u01@example.org", "Me gusta leer", "Puebla", "hola"):
        assert personal not in said


def test_a_missing_column_grant_blocks_and_is_named(world: World) -> None:
    world.execute(Source.SOCIAL, "REVOKE SELECT (bio) ON user_profiles FROM aura_reader")
    report = check(world)
    assert not report.is_fit
    assert codes(report, Severity.BLOCK) == {"check.missing"}
    assert "user_profiles.bio" in finding(report, "check.missing").message
    assert "sql/roles/social.sql" in finding(report, "check.missing").message
    social = report.sources[Source.SOCIAL]
    (profiles,) = [table for table in social.tables if table.table == "user_profiles"]
    assert (profiles.rows, profiles.is_exact) == (10, False)
    refused = [plan.query for plan in social.plans if plan.verdict is Verdict.REFUSED]
    assert refused == ["profiles"]
    assert report.duration is None
    assert report.sources[Source.AUTH].is_fit


@pytest.mark.parametrize(
    ("grant", "named"),
    [
        ("GRANT SELECT (phone) ON complete_profiles TO aura_reader", "complete_profiles (phone)"),
        ("GRANT SELECT ON likes TO PUBLIC", "likes (id, user_id, post_id, comment_id"),
        ("CREATE VIEW everyone AS SELECT * FROM media; GRANT SELECT ON everyone TO aura_reader",
         "everyone (id"),
    ],
)  # fmt: skip
def test_a_grant_beyond_need_is_a_warning_that_names_it(
    world: World, grant: str, named: str
) -> None:
    world.execute(Source.SOCIAL, grant)
    report = check(world)
    assert report.is_fit
    assert named in finding(report, "check.excess").message


def test_a_column_of_another_schema_counts_as_excess_with_its_schema(world: World) -> None:
    world.execute(Source.AUTH, "CREATE SCHEMA other")
    world.execute(Source.AUTH, "CREATE TABLE other.users (user_id uuid)")
    world.execute(Source.AUTH, "GRANT USAGE ON SCHEMA other TO aura_reader")
    world.execute(Source.AUTH, "GRANT SELECT ON other.users TO aura_reader")
    assert "other.users (user_id)" in finding(check(world), "check.excess").message


@pytest.mark.parametrize(
    "grant", ["DELETE ON messages", "INSERT ON messages", "UPDATE (status) ON messages"]
)
def test_a_right_to_write_is_a_warning_that_names_the_table(world: World, grant: str) -> None:
    world.execute(Source.MESSAGING, f"GRANT {grant} TO aura_reader")
    report = check(world)
    assert report.is_fit
    assert "public.messages" in finding(report, "check.writable").message


def test_a_superuser_is_a_warning_and_no_list_of_everything(world: World) -> None:
    urls = {source.value: world.owners[source].url for source in Source}
    with connect_sources(Urls(**urls)) as sources:
        report = check_sources(sources, window_days=WINDOW_DAYS, timezone=ZONE, clock=lambda: AS_OF)
    assert report.is_fit
    assert codes(report, Severity.WARNING) >= {"check.is_superuser", "check.limits"}
    assert not codes(report, Severity.WARNING) & {"check.excess", "check.writable"}


def test_a_source_that_is_down_blocks_and_the_others_are_looked_at(world: World) -> None:
    urls = {source.value: world.sources.engine(source).url for source in Source}
    urls["social"] = urls["social"].set(port=1)
    with connect_sources(Urls(**urls)) as sources:
        report = check_sources(sources, window_days=WINDOW_DAYS, timezone=ZONE, clock=lambda: AS_OF)
    assert codes(report, Severity.BLOCK) == {"check.unreadable"}
    assert "DATABASE_URL_SOCIAL" in finding(report, "check.unreadable").message
    assert report.sources[Source.SOCIAL].privileges is None
    assert report.sources[Source.MESSAGING].plans


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ("ALTER TABLE user_profiles RENAME COLUMN bio TO about", "absent", "user_profiles.bio"),
        ("ALTER TABLE posts RENAME TO entries", "absent", "posts.created_at"),
        (
            "ALTER TABLE posts ALTER created_at TYPE timestamp",
            "other_types",
            "posts.created_at",
        ),
    ],
)
def test_another_schema_blocks_and_names_the_columns(
    world: World, change: str, code: str, named: str
) -> None:
    world.execute(Source.SOCIAL, change)
    report = check(world)
    assert not report.is_fit
    assert named in finding(report, f"check.{code}").message


def test_columns_that_nobody_writes_are_named_with_what_they_mean(world: World) -> None:
    world.execute(Source.SOCIAL, "UPDATE user_profiles SET following_count = 0, is_active = true")
    world.execute(Source.SOCIAL, "UPDATE user_profiles SET last_active_at = NULL")
    world.execute(Source.SOCIAL, "UPDATE communities SET is_active = false")
    world.execute(Source.SOCIAL, "DELETE FROM complete_profiles")
    world.execute(Source.MESSAGING, "UPDATE users SET last_seen_at = NULL")
    report = check(world)
    assert report.is_fit
    assert codes(report, Severity.NOTE) >= {
        "check_none.social_user_profiles_followers_count",
        "check_none.social_user_profiles_following_count",
        "check_none.social_user_profiles_last_active_at",
        "check_all.social_user_profiles_is_active",
        "check_none.messaging_users_last_seen_at",
    }
    assert codes(report, Severity.WARNING) >= {
        "check_none.social_communities_is_active",
        "check_empty.social_complete_profiles",
    }
    assert "KPI 6" in finding(report, "check_none.social_communities_is_active").message


def test_accounts_without_the_role_user_block(world: World) -> None:
    world.execute(Source.AUTH, "UPDATE users SET id_role = 1")
    assert codes(check(world), Severity.BLOCK) == {"check_none.auth_users_population"}


def test_an_identity_that_two_people_claim_is_a_warning(world: World) -> None:
    world.execute(
        Source.SOCIAL,
        "UPDATE user_profiles SET id = :ana WHERE user_id = :beto",
        ana=ANA,
        beto=BETO,
    )
    found = finding(check(world), "check.contradictory")
    assert found.severity is Severity.WARNING
    assert found.message.startswith("1 ")


def test_clocks_that_differ_are_told_in_seconds(world: World) -> None:
    """The sources' clock is the real one, months away from the tests' own."""
    report = check(world)
    differing = [found for found in report.findings if found.code == "check.clock"]
    assert len(differing) == len(Source)
    told = report.sources[Source.AUTH].clock
    assert told is not None
    assert abs(told.ahead_seconds) > timedelta(days=1).total_seconds()


def test_a_zone_that_the_server_has_never_heard_of_blocks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aura_engine.sources.check import moments

    def nothing_known(*_: object) -> None:
        return None

    monkeypatch.setattr(moments, "_server_hours", nothing_known)
    assert codes(check(world), Severity.BLOCK) == {"check.zone_unknown"}


def test_a_zone_with_other_clock_changes_on_the_server_is_a_warning(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aura_engine.sources.check import moments

    asked = moments._server_hours
    monkeypatch.setattr(
        moments, "_server_hours", lambda c, _zone, given: asked(c, "America/New_York", given)
    )
    found = finding(check(world), "check.zone_differs")
    assert "KPI 3" in found.message
    assert "53 de 53" in found.message


def test_rows_dated_in_the_future_are_counted(world: World) -> None:
    report = check(world, now=AS_OF - timedelta(days=30))
    later = [found.message for found in report.findings if found.code == "check.later"]
    assert any(message.startswith("messages tiene") for message in later)


def test_the_demos_people_block_where_they_are_not_expected(world: World) -> None:
    world.execute(Source.AUTH, "CREATE SCHEMA aura_demo")
    assert codes(check(world), Severity.BLOCK) == {"settings.demo_source"}
    report = check_sources(
        world.sources, window_days=WINDOW_DAYS, timezone=ZONE, clock=lambda: AS_OF, is_demo=True
    )
    assert report.is_fit


def test_a_table_without_statistics_is_named_until_it_has_some(own_world: World) -> None:
    def named() -> set[object]:
        found = check(own_world).findings
        return {one.fields["table"] for one in found if one.code == "check.no_statistics"}

    own_world.insert(Source.SOCIAL, "posts", {"user_id": ANA})
    assert named() == {"posts"}
    own_world.execute(Source.SOCIAL, "ANALYZE posts")
    assert named() == set()
