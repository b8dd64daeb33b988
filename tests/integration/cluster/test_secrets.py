"""Passwords: private files, in no text that people or logs see."""

from __future__ import annotations

import stat

import psycopg2
import pytest
import structlog

from aura_engine.cluster import create_role
from aura_engine.cluster.files import read_json
from aura_engine.errors import ClusterError
from tests.patience import eventually


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_password_files_are_private(lease):
    create_role(lease, "secrets_reader")
    files = lease.files
    for path in (files.connection, files.superuser, files.credentials):
        assert mode(path) == 0o600, path
    assert mode(files.log_dir) == 0o700
    assert mode(next(files.root.glob("pg*/"))) == 0o700


def test_passwords_are_in_no_repr_and_no_log(playground):
    with structlog.testing.capture_logs() as events, playground.cluster.acquire() as lease:
        create_role(lease, "reader")
        with pytest.raises(ClusterError) as refused:
            create_role(lease, "pg_forbidden")
        secrets = [
            read_json(playground.files.superuser)["password"],
            *read_json(playground.files.credentials).values(),
        ]
        texts = [repr(lease), repr(lease.url("postgres", "reader")), str(lease.url("postgres"))]
        texts += [repr(events), str(refused.value)]
        texts += [path.read_text() for path in playground.files.log_dir.iterdir()]
    assert len(secrets) == 3
    assert not [text for text in texts for secret in secrets if secret in text]
    assert "pg_forbidden" in str(refused.value)


def test_the_superusers_password_survives_a_restart(playground):
    with playground.cluster.acquire() as lease:
        before = lease.url("postgres").password
        where = playground.connection()
    eventually(lambda: not playground.is_alive(where["server_pid"]))
    with playground.cluster.acquire() as lease:
        assert lease.url("postgres").password == before


def test_nobody_gets_in_without_a_password(lease):
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(host=lease.host, port=lease.port, user="postgres", dbname="postgres")
