"""Logs are events with fields on standard error, without secrets and people's words."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import warnings
from unittest.mock import patch

import pytest
import structlog

from aura_cli.context import start
from aura_engine.logs import configure_logging

SECRET = "correct-horse"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def events(captured: str) -> list[dict]:
    return [json.loads(line) for line in captured.splitlines()]


def test_events_go_to_standard_error_as_an_object_a_line(capsys):
    configure_logging("info", "json")
    structlog.get_logger("aura.room").info("run_started", users=3)
    captured = capsys.readouterr()
    assert captured.out == ""
    (event,) = events(captured.err)
    assert (event["event"], event["users"], event["level"]) == ("run_started", 3, "info")
    assert event["logger"] == "aura.room"
    assert event["timestamp"].endswith("Z")


def test_the_standard_librarys_events_take_the_same_way(capsys):
    configure_logging("info", "json")
    logging.getLogger("driver").warning("slow %s", "answer", extra={"seconds": 2})
    (event,) = events(capsys.readouterr().err)
    assert (event["event"], event["logger"], event["seconds"]) == ("slow answer", "driver", 2)


@pytest.mark.parametrize(
    ("format_name", "written"), [("json", '"service": "beacon"'), ("console", "service=beacon")]
)
def test_every_event_names_its_service(capsys, format_name, written):
    configure_logging("info", format_name, service="beacon")
    structlog.get_logger("aura.room").info("a")
    logging.getLogger("driver").warning("b")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(written in line for line in lines)


def test_a_verb_logs_under_the_configured_name(capsys, tmp_path):
    with patch.dict(os.environ, {"SERVICE_NAME": "beacon", "AURA_DATA_DIR": str(tmp_path)}):
        start()
    logging.getLogger("driver").warning("slow")
    (event,) = events(capsys.readouterr().err)
    assert event["service"] == "beacon"


def test_warnings_are_logged_too(capsys):
    configure_logging("info", "json")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old way", UserWarning, stacklevel=1)
    (event,) = events(capsys.readouterr().err)
    assert "old way" in event["event"]
    assert event["logger"] == "py.warnings"


@pytest.mark.parametrize(("level", "seen"), [("debug", 3), ("info", 2), ("error", 1)])
def test_nothing_below_the_level_is_written(capsys, level, seen):
    configure_logging(level, "json")
    log = structlog.get_logger("room")
    log.debug("a")
    log.info("b")
    log.error("c")
    assert len(events(capsys.readouterr().err)) == seen


def test_configuring_twice_does_not_write_twice(capsys):
    configure_logging("info", "json")
    configure_logging("info", "json")
    structlog.get_logger("room").info("once")
    assert len(events(capsys.readouterr().err)) == 1


def test_auto_writes_for_people_on_a_terminal_and_json_elsewhere(monkeypatch):
    for stream, is_json in ((Terminal(), False), (io.StringIO(), True)):
        monkeypatch.setattr(sys, "stderr", stream)
        configure_logging("info", "auto")
        structlog.get_logger("room").info("hello")
        assert stream.getvalue().startswith("{") is is_json
        assert "hello" in stream.getvalue()


@pytest.mark.parametrize("format_name", ["json", "console"])
def test_no_secret_and_no_words_reach_the_log(capsys, format_name):
    configure_logging("info", format_name)
    log = structlog.get_logger("room")
    log.info("a", password=SECRET, content="hoy me siento fatal", Token=SECRET)
    log.info("b", url=f"postgresql+psycopg2://reader:{SECRET}@db/aura")
    log.info("c", nested={"texts": ["hoy me siento fatal"], "deep": [{"dsn": SECRET}]})
    log.info("d", options=[f"host=db password={SECRET} user=x", f"password='{SECRET} x'"])
    log.info("e", odd=ValueError(f"postgresql://u:{SECRET}@h/x"))
    logging.getLogger("driver").error("cannot reach postgresql://u:%s@h/x", SECRET)
    try:
        raise ConnectionError(f"postgresql://u:{SECRET}@h/x")
    except ConnectionError:
        log.exception("f")
    written = capsys.readouterr().err
    assert SECRET not in written
    assert "me siento fatal" not in written
    assert written.count("***") >= 5


@pytest.mark.parametrize("format_name", ["json", "console"])
def test_a_logged_error_shows_where_it_happened_and_no_values_of_variables(capsys, format_name):
    configure_logging("info", format_name)
    words = "hoy me siento fatal"
    try:
        float(words)
    except ValueError as error:
        structlog.get_logger("room").exception("a")
        structlog.get_logger("room").error("b", exc_info=error)
        structlog.get_logger("room").error("c", reason=error)
        logging.getLogger("driver").exception("d")
    written = capsys.readouterr().err
    assert words not in written
    assert written.count("test_a_logged_error_shows") == 3
    assert written.count("ValueError: could not convert string to float: ***") == 4
