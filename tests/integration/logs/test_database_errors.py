"""What a real server says of a row stays out of the log, however the error comes there."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import psycopg2
import pytest
import structlog
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from aura_engine.logs import configure_logging
from tests.restored_logging import _restored_logging

__all__ = ["_restored_logging"]

WORDS = 'hoy me siento (muy) "fatal", de verdad'
TABLE = """
    CREATE TABLE posts (id int, content text, code uuid, CHECK (id <> 13));
    CREATE UNIQUE INDEX posts_of ON posts ((id + 0), (content || ''));
"""
STATEMENTS = {
    "check": "INSERT INTO posts VALUES (13, :words)",
    "unique": "INSERT INTO posts VALUES (1, :words), (1, :words)",
    "uuid": "INSERT INTO posts (code) VALUES (:words)",
    "number": "SELECT CAST(:words AS int)",
    "syntax": "SELECT :words FROM FROM",
}

RAISING = f"DO $$ BEGIN RAISE EXCEPTION '%', '{WORDS}'; END $$"


@pytest.fixture
def connection(database_factory) -> Iterator[Connection]:
    engine = create_engine(database_factory())
    with engine.connect() as opened:
        opened.execute(text(TABLE))
        opened.commit()
        yield opened
    engine.dispose()


def log_every_way(error: Exception) -> None:
    log = structlog.get_logger("room")
    log.error("as_error", exc_info=error)
    log.error("as_field", error=error, nested=[{"error": error}])
    log.error("as_text", reason=str(error))
    log.error(f"{error}")
    logging.getLogger("room").error("as argument: %s", error, exc_info=error)


@pytest.mark.parametrize("format_name", ["json", "console"])
@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_no_words_of_a_refused_row_are_logged(connection, capsys, format_name, statement):
    configure_logging("debug", format_name)
    with pytest.raises(SQLAlchemyError) as refused:
        connection.execute(text(statement), {"words": WORDS} if ":words" in statement else {})
    log_every_way(refused.value)
    log_every_way(refused.value.orig)
    written = capsys.readouterr().err
    assert "siento" not in written
    assert "fatal" not in written
    assert "sqlstate=" in written


def test_no_words_that_a_function_of_the_database_says_are_logged(connection, capsys):
    configure_logging("debug", "json")
    with pytest.raises(SQLAlchemyError) as refused:
        connection.execute(text(RAISING))
    log_every_way(refused.value)
    assert "siento" not in capsys.readouterr().err


def test_no_words_of_a_bulk_load_are_logged(connection, capsys):
    configure_logging("debug", "json")
    cursor = connection.connection.cursor()
    with pytest.raises(psycopg2.Error) as refused:
        cursor.copy_expert("COPY posts FROM STDIN", io.StringIO(f"1\t{WORDS}\t{WORDS}\n"))
    assert "siento" in str(refused.value)
    log_every_way(refused.value)
    assert "siento" not in capsys.readouterr().err


def test_a_constraint_is_logged_by_name(connection, capsys):
    configure_logging("debug", "json")
    with pytest.raises(SQLAlchemyError) as refused:
        connection.execute(text(STATEMENTS["unique"]), {"words": WORDS})
    structlog.get_logger("room").error("refused", error=refused.value)
    assert "sqlstate=23505" in (written := capsys.readouterr().err)
    assert "constraint_name=posts_of" in written


def test_why_a_server_cannot_be_reached_is_logged_without_the_password(capsys):
    configure_logging("info", "json")
    engine = create_engine("postgresql+psycopg2://reader:correct-horse@127.0.0.1:1/nowhere")
    with pytest.raises(SQLAlchemyError) as refused:
        engine.connect()
    log_every_way(refused.value)
    written = capsys.readouterr().err
    assert "Connection refused" in written
    assert "correct-horse" not in written
