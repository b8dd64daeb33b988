"""Databases and roles that all processes share."""

from __future__ import annotations

import threading

import psycopg2
import pytest

from aura_engine.cluster import (
    clone_database,
    create_database,
    create_role,
    drop_database,
    ensure_template,
)
from aura_engine.errors import ClusterError


def connect(url):
    return psycopg2.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database
    )


def scalar(url, statement):
    link = connect(url)
    try:
        with link, link.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        link.close()


def test_a_role_and_its_database_can_be_made_twice(lease):
    for _ in range(2):
        create_role(lease, "provision_owner")
        create_database(lease, "provision owned", owner="provision_owner")
    url = lease.url("provision owned", "provision_owner")
    assert scalar(url, "SELECT current_user::text") == "provision_owner"
    scalar(url, "CREATE TABLE mine ()")
    drop_database(lease, "provision owned")
    drop_database(lease, "provision owned")


def test_names_are_quoted(lease):
    name = 'odd"; DROP DATABASE postgres; --'
    create_database(lease, name)
    assert scalar(lease.url(name), "SELECT current_database()::text") == name
    drop_database(lease, name)


def test_an_unknown_role_has_no_address(lease):
    with pytest.raises(ClusterError, match="stranger"):
        lease.url("postgres", "stranger")


def test_many_threads_make_one_role_and_one_database(lease):
    failures = []

    def provision():
        try:
            create_role(lease, "provision_shared")
            create_database(lease, "provision_shared", owner="provision_shared")
        except ClusterError as error:
            failures.append(error)

    threads = [threading.Thread(target=provision) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    url = lease.url("provision_shared", "provision_shared")
    assert scalar(url, "SELECT current_user::text") == "provision_shared"
    drop_database(lease, "provision_shared")


def test_a_template_is_built_once_and_cloned_per_test(lease, database_factory):
    built = []

    def build(url):
        built.append(url)
        scalar(url, "CREATE TABLE leaf AS SELECT 7 AS veins")

    ensure_template(lease, "provision_template", build)
    ensure_template(lease, "provision_template", build)
    assert len(built) == 1
    first, second = database_factory("provision_template"), database_factory("provision_template")
    scalar(first, "UPDATE leaf SET veins = 8")
    assert scalar(second, "SELECT veins FROM leaf") == 7
    drop_database(lease, "provision_template")


def test_a_template_whose_building_failed_is_built_anew(lease):
    def fail(url):
        scalar(url, "CREATE TABLE half_done ()")
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        ensure_template(lease, "provision_retry", fail)
    ensure_template(lease, "provision_retry", lambda url: scalar(url, "CREATE TABLE half_done ()"))
    drop_database(lease, "provision_retry")


def test_what_the_server_refuses_is_an_error_for_people(lease):
    with pytest.raises(ClusterError, match="no_such_template"):
        clone_database(lease, "no_such_template", "provision_clone")
    with pytest.raises(ClusterError, match="no_such_owner"):
        create_database(lease, "provision_clone", owner="no_such_owner")
    drop_database(lease, "provision_clone")
