"""No secret and none of people's words survive, whatever an error or a text says around them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from sqlalchemy.exc import StatementError

from aura_engine import i18n
from aura_engine.errors import SettingsError
from aura_engine.logs import describe, error_text, keep_secrets_out, redact

SECRET = "correct-horse"
WORDS = "hoy me siento (muy) \"fatal\", 'de verdad'\nDETAIL: y nadie lo sabe"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"postgresql://u:{SECRET}@h:5432/d", "postgresql://u:***@h:5432/d"),
        (f"postgresql://u:{SECRET}@x/y@h/d", "postgresql://u:***@h/d"),
        (f"postgresql://u:{SECRET} ?#:&='\"@h/d more", "postgresql://u:***@h/d more"),
        (f"postgresql://:{SECRET}@h/d", "postgresql://:***@h/d"),
        (f"host=h PASSWORD = {SECRET} user=u", "host=h PASSWORD = ***"),
        (f"host=h password='two {SECRET}\\'s words' user=u", "host=h password=***"),
        (f"host=h password=two {SECRET} words", "host=h password=***"),
        (f"PGPASSWORD={SECRET}", "PGPASSWORD=***"),
        (f"AURA_TEXT_KEY={SECRET}", "AURA_TEXT_KEY=***"),
        (f"?sslmode=x&sslpassword={SECRET}&b=1", "?sslmode=x&sslpassword=***"),
        (f"{{'user': 'u', 'password': '{SECRET} y'}}", "{'user': 'u', 'password': ***"),
        (json.dumps({"n": 1, "password": SECRET}), '{"n": 1, "password": ***'),
        (f"ALTER ROLE u PASSWORD '{SECRET}'", "ALTER ROLE u PASSWORD ***"),
        (f"Authorization: Bearer {SECRET}", "Authorization: ***"),
        (repr({"id": 1, "content": WORDS}), "{'id': 1, 'content': ***"),
        (f"DETAIL:  Key (email)=({WORDS}) already exists.", "DETAIL:  ***"),
        (f"Key (a, (b)::text)=(v (x), {WORDS})", "Key (a, (b)::text)=(***"),
        (f"La llave (a, lower(b))=({WORDS})", "La llave (a, lower(b))=(***"),
        (f"Failing row contains (1, {WORDS}).", "Failing row contains ***"),
        (
            f'COPY posts, line 3, column content: "{WORDS}"',
            "COPY posts, line 3, column content: ***",
        ),
        (f'COPY posts, line 3: "1\t{WORDS}"', "COPY posts, line 3: ***"),
        (
            f'invalid input syntax for type uuid: "{WORDS}"',
            "invalid input syntax for type uuid: ***",
        ),
        (f'value "{WORDS}" is out of range for type integer', "value ***"),
        (f"no es válida para el tipo uuid: «{WORDS}»", "no es válida para el tipo uuid: ***"),
        (f"bad\nDETALLE:  La fila que falla contiene ({WORDS})", "bad\nDETALLE:  ***"),
        (f"bad\nLINE 1: SELECT '{WORDS}'::uuid", "bad\nLINE 1: ***"),
        (f"bad\n[SQL: SELECT 1]\n[parameters: {{'a': '{WORDS}'}}]", "bad\n[SQL: ***"),
        (f"[parameters: {{'a': '{WORDS}'}}]", "[parameters: ***"),
    ],
)
def test_a_text_shows_nothing_of_a_secret_or_a_value(text, shown):
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8001/health",
        'connection to server at "db.example", port 5432 failed: Connection refused',
        'password authentication failed for user "reader"',
        'relation "people" does not exist',
        "tokens=512 rows=3",
        "El valor de AURA_LOG_LEVEL no es válido: debe ser uno de: 'debug', 'info' o 'error'.",
    ],
)
def test_a_text_without_secrets_stays_as_it_is(text):
    assert redact(text) == text


def test_no_message_for_people_is_cut():
    catalogue = tomllib.loads((Path(i18n.__file__).parent / "es.toml").read_text(encoding="utf-8"))
    said = [message for section in catalogue.values() for message in section.values()]
    cut = [message for message in said if redact(message) != message]
    assert [message for message in cut if "postgresql://usuario" not in message] == []


def test_an_error_of_ours_keeps_its_message_and_a_strangers_loses_what_it_quotes():
    assert describe(SettingsError("Falta 'X'")) == "aura_engine.errors.SettingsError: Falta 'X'"
    assert describe(KeyError(WORDS)) == "KeyError: ***"
    assert (
        describe(ValueError(f"time data {WORDS!r} does not match")) == "ValueError: time data ***"
    )
    assert describe(FileNotFoundError(2, "No such file", "/x")).endswith("No such file: '/x'")
    assert describe(StopIteration()) == "StopIteration"


def test_an_error_of_a_statement_is_described_by_its_cause_without_the_statement():
    error = StatementError("m", f"SELECT '{WORDS}'", {"a": WORDS}, ValueError(repr(WORDS)))
    assert describe(error) == "sqlalchemy.exc.StatementError: ValueError: ***"


def test_a_traceback_tells_the_causes_first_and_hides_what_they_quote():
    try:
        try:
            float(WORDS)
        except ValueError as error:
            raise SettingsError("Revise el valor.") from error
    except SettingsError as error:
        text = error_text(error)
    assert WORDS not in text
    assert "fatal" not in text
    first, second = text.split("The error above led to this one:")
    assert first.rstrip().endswith("ValueError: could not convert string to float: ***")
    assert second.endswith("SettingsError: Revise el valor.")
    assert "float(WORDS)" in first


def test_a_traceback_shows_no_secret_that_stands_in_the_source():
    try:
        raise ValueError("postgresql://u:correct-horse@h/d", "password=correct-horse")
    except ValueError as error:
        text = error_text(error)
    assert SECRET not in text
    assert "test_redaction.py" in text


def test_errors_that_led_to_each_other_are_told_once():
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert error_text(first).count("ValueError: a") == 1


@pytest.mark.parametrize(
    "name", ["password", "PGPASSWORD", "db_password", "sslpassword", "access_token", "content"]
)
def test_a_field_that_holds_a_secret_or_words_is_dropped(name):
    event = {"event": "a", name: SECRET, "inner": {name: SECRET, "kept": 1}}
    assert keep_secrets_out(None, "info", event) == {"event": "a", "inner": {"kept": 1}}


def test_fields_that_only_count_are_kept():
    event = {"event": "a", "tokens": 5, "secrets_checked": None, "people": 3, "text_source": "post"}
    kept = keep_secrets_out(None, "info", event)
    assert kept == {"event": "a", "tokens": 5, "people": 3, "text_source": "post"}
