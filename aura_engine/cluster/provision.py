"""Databases and roles of an embedded cluster, shared by all of its processes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import encrypt_password
from psycopg2.sql import SQL, Composed, Identifier, Literal

from aura_engine.cluster.files import read_json, write_private
from aura_engine.cluster.lease import Lease
from aura_engine.cluster.locks import FileLock
from aura_engine.cluster.protocol import PLAIN_LINK
from aura_engine.errors import ClusterError
from aura_engine.i18n import t

if TYPE_CHECKING:
    from sqlalchemy import URL

_LOCK_SECONDS: Final = 60.0
_MAINTENANCE: Final = "postgres"


def create_database(lease: Lease, name: str, owner: str | None = None) -> None:
    """Make a database unless it exists; with ``owner``, make it that role's.

    Parameters
    ----------
    lease : Lease
        A hold on the server.
    name : str
        Of the database.
    owner : str, optional
        A role; the superuser when not given.

    Raises
    ------
    ClusterError
        If the server refuses.
    """
    with _provisioning(lease), _superuser(lease) as link:
        if not _database_exists(link, name):
            _execute(link, SQL("CREATE DATABASE {}").format(Identifier(name)))
        if owner is not None:
            _execute(
                link,
                SQL("ALTER DATABASE {} OWNER TO {}").format(Identifier(name), Identifier(owner)),
            )


def clone_database(lease: Lease, template: str, name: str) -> None:
    """Make a database as a copy of another one, which nobody may be connected to.

    Parameters
    ----------
    lease : Lease
        A hold on the server.
    template : str
        The database to copy.
    name : str
        Of the copy.

    Raises
    ------
    ClusterError
        If the server refuses.
    """
    with _superuser(lease) as link:
        _execute(
            link,
            SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)),
        )


def drop_database(lease: Lease, name: str) -> None:
    """Remove a database if it exists; connections to it are ended.

    Raises
    ------
    ClusterError
        If the server refuses.
    """
    with _superuser(lease) as link:
        _execute(link, SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def ensure_template(lease: Lease, name: str, build: Callable[[URL], None]) -> None:
    """Make a database to clone from, once for all processes.

    Parameters
    ----------
    name : str
        Name of the template.
    build : callable
        Fills an empty database at the address it is given, and leaves no connection open. The
        template appears under its name only when it is finished.

    Raises
    ------
    ClusterError
        If the server refuses, or another process builds for too long.
    """
    with _provisioning(lease), _superuser(lease) as link:
        if _database_exists(link, name):
            return
        unfinished = f"{name}__unfinished"
        drop_database(lease, unfinished)
        _execute(link, SQL("CREATE DATABASE {}").format(Identifier(unfinished)))
        build(lease.url(unfinished))
        _execute(
            link,
            SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(unfinished), Identifier(name)),
        )


def create_role(lease: Lease, name: str) -> None:
    """Make a role that may log in, unless it exists.

    Its password is generated once and kept in ``credentials.json`` (mode 0600), from where
    ``Lease.url`` takes it in every process. The server is only ever told its verifier.

    Raises
    ------
    ClusterError
        If the server refuses.
    """
    with _provisioning(lease), _superuser(lease) as link:
        known = read_json(lease.files.credentials) or {}
        if name not in known:
            known[name] = secrets.token_urlsafe(32)
            write_private(lease.files.credentials, known)
        with link.cursor() as cursor:
            cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (name,))
            verb = SQL("ALTER" if cursor.rowcount else "CREATE")
        verifier = encrypt_password(known[name], name, scope=link, algorithm="scram-sha-256")
        _execute(
            link,
            verb
            + SQL(" ROLE {} WITH LOGIN PASSWORD {}").format(Identifier(name), Literal(verifier)),
        )


@contextmanager
def _provisioning(lease: Lease) -> Iterator[None]:
    with FileLock(lease.files.credentials_lock) as lock:
        if not lock.acquire(timeout=_LOCK_SECONDS):
            raise ClusterError(t("cluster.busy", root=lease.root))
        yield


@contextmanager
def _superuser(lease: Lease) -> Iterator[Connection]:
    """Yield an autocommitting connection; what the server refuses becomes a ClusterError."""
    link: Connection | None = None
    try:
        url = lease.url(_MAINTENANCE)
        link = psycopg2.connect(
            host=url.host,
            port=url.port,
            user=url.username,
            password=url.password,
            dbname=url.database,
            **PLAIN_LINK,
        )
        link.autocommit = True
        yield link
    except psycopg2.Error as error:
        reason = (error.diag.message_primary or str(error)).strip()
        raise ClusterError(t("cluster.refused", reason=reason)) from error
    finally:
        if link is not None:
            link.close()


def _execute(link: Connection, statement: Composed) -> None:
    with link.cursor() as cursor:
        cursor.execute(statement)


def _database_exists(link: Connection, name: str) -> bool:
    with link.cursor() as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
        return bool(cursor.rowcount)
