"""Imported as a library, the engine logs to standard error and shows no variables."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAILING = """
import structlog
import aura_engine.ensemble
log = structlog.get_logger("aura.room")
def read(words):
    password = "correct-" + "horse"
    try:
        float(words)
    except ValueError:
        log.exception("reading_failed", people=3, password=password)
read("hoy me siento " + "fatal")
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )


def test_without_configuration_events_go_to_standard_error_without_variables():
    done = run(FAILING)
    assert done.stdout == ""
    assert "reading_failed" in done.stderr
    assert "people=3" in done.stderr
    assert "ValueError: could not convert string to float: ***" in done.stderr
    assert "correct-horse" not in done.stderr
    assert "me siento fatal" not in done.stderr


def test_rooms_log_to_standard_error_without_configuration():
    done = run(
        "import numpy as np\n"
        "from aura_engine.ensemble import RiskEnsemble\n"
        "RiskEnsemble().fit(np.random.default_rng(0).random((50, 6)))\n"
    )
    assert done.stdout == ""
    assert "ensemble_fitted" in done.stderr


@pytest.mark.parametrize(
    "room", ["cluster", "ensemble", "nlp", "sources", "store.runs", "pipeline.full"]
)
def test_importing_a_room_makes_logging_safe(room):
    done = run(f"import aura_engine.{room}, structlog\nstructlog.get_logger().info('hello')\n")
    assert done.stdout == ""
    assert "hello" in done.stderr


def test_a_program_that_configured_structlog_keeps_its_configuration():
    done = run(
        "import structlog\n"
        "structlog.configure(processors=[structlog.processors.JSONRenderer()])\n"
        "import aura_engine.ensemble\n"
        "structlog.get_logger().info('mine')\n"
    )
    assert done.stdout == '{"event": "mine"}\n'


def test_a_program_may_configure_structlog_in_part_afterwards():
    done = run(
        "import structlog, sys, aura_engine.ensemble\n"
        "structlog.configure(logger_factory=structlog.WriteLoggerFactory(sys.stdout))\n"
        "structlog.get_logger().info('mine')\n"
    )
    assert "mine" in done.stdout
