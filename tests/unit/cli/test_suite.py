"""``./aura test`` runs every step, keeps the person's settings out, and reports."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from aura_cli import app as cli
from aura_cli import suite
from aura_cli.suite import Outcome, Step, report, run_step, step_environment, steps
from tests.installation import Installation
from tests.patience import PATIENCE


def test_the_steps_come_in_their_documented_order():
    names = [step.name for step in steps(())]
    assert names == ["ruff check", "ruff format", "mypy", "lint-imports", "pytest"]


def test_further_arguments_go_to_pytest_alone():
    *others, tests = steps(("-k", "silence"))
    assert tests.command[-2:] == ("-k", "silence")
    assert not [step for step in others if "silence" in step.command]


@pytest.mark.parametrize(
    ("arguments", "workers"),
    [
        ((), 1),
        (("-x", "-k", "silence"), 1),
        (("-n4",), 0),
        (("-p", "no:xdist"), 0),
        (("tests/unit/cli/test_suite.py::test_of_nothing",), 0),
    ],
)
def test_workers_share_the_tests_unless_the_person_chooses(arguments, workers):
    assert steps(arguments)[-1].command.count("--numprocesses=4") == workers


def test_the_persons_settings_do_not_reach_the_steps():
    kept = step_environment(
        {"PATH": "/bin", "AURA_TIMEZONE": "UTC", "SERVICE_PORT": "1", "AURA_CHROMIUM": "/c"}
        | {"HF_HOME": "/models"}
    )
    assert kept["PATH"] == "/bin"
    assert kept["AURA_CHROMIUM"] == "/c"
    assert "AURA_TIMEZONE" not in kept
    assert "SERVICE_PORT" not in kept
    assert "HF_HOME" not in kept


def port_read_by_a_child(environment: dict[str, str]) -> str:
    code = "from aura_engine.settings import Settings; print(Settings.load().service_port)"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | {"PYTHONPATH": str(suite.ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return answer.stdout.strip()


def test_the_persons_env_file_is_not_read_by_what_the_suite_starts(monkeypatch, tmp_path):
    hostile = tmp_path / ".env"
    hostile.write_text("SERVICE_PORT=1234\n")
    monkeypatch.setenv("AURA_ENV_FILE", str(hostile))
    assert port_read_by_a_child(dict(os.environ)) == "1234"
    assert port_read_by_a_child(step_environment(os.environ)) == "8001"
    assert port_read_by_a_child(Installation(tmp_path).environment()) == "8001"


def test_caches_of_the_steps_lie_below_the_environment():
    kept = step_environment({})
    for name in ("HYPOTHESIS_STORAGE_DIRECTORY", "MYPY_CACHE_DIR", "RUFF_CACHE_DIR"):
        assert kept[name].startswith(str(suite.ROOT / ".venv"))


def test_a_steps_output_is_passed_on_and_its_end_remembered(capsys, tmp_path):
    code = "import sys; print('one'); print('two', file=sys.stderr); print(); sys.exit(4)"
    outcome = run_step(Step("a", (sys.executable, "-u", "-c", code)), {}, tmp_path)
    assert (outcome.status, outcome.last_line) == (4, "two")
    assert capsys.readouterr().out.splitlines() == ["one", "two", ""]
    assert 0 < outcome.seconds < PATIENCE


def test_the_report_shows_each_steps_seconds_and_ends_with_the_tests_line():
    outcomes = [
        Outcome(Step("mypy", ()), 1, 12.34, "Found 1 error"),
        Outcome(Step("pytest", ()), 0, 5.0, "=== 3 passed in 5.00s ==="),
    ]
    lines = report(outcomes).splitlines()
    assert re.search(r"✗ mypy +12\.3 s", lines[1])
    assert re.search(r"✓ pytest +5\.0 s", lines[2])
    assert lines[-1] == "=== 3 passed in 5.00s ==="


@pytest.mark.parametrize(("failing", "status"), [(None, 0), ("a", 1), ("b", 1)])
def test_all_steps_run_and_any_failure_fails_the_whole(monkeypatch, capsys, failing, status):
    def made(_arguments):
        return tuple(
            Step(name, (sys.executable, "-c", f"print({name!r}); exit({int(name == failing)})"))
            for name in ("a", "b")
        )

    monkeypatch.setattr(suite, "steps", made)
    assert cli.main(["test"]) == status
    assert {"a", "b"} <= set(capsys.readouterr().out.splitlines())


def test_with_production_configured_the_suite_refuses_and_names_it(monkeypatch, capsys):
    monkeypatch.setattr(suite, "steps", lambda _arguments: pytest.fail("steps ran"))
    monkeypatch.setenv("DATABASE_URL_SOCIAL", "postgresql://u:correct-horse@h/d")
    assert cli.main(["test"]) == 1
    said = capsys.readouterr().err
    assert "DATABASE_URL_SOCIAL" in said
    assert "correct-horse" not in said
