"""The command: its verbs, its exit status, and what becomes of errors."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aura_cli import app as cli
from aura_cli.bench import BENCHES
from aura_cli.suite import ROOT
from aura_engine.errors import StoreError
from aura_engine.settings import Settings

SECRET = "correct-horse"


def visible_verbs(capsys) -> str:
    assert cli.main(["--help"]) == 0
    return capsys.readouterr().out


@pytest.fixture
def failing(monkeypatch):
    def fail_with(error: BaseException) -> None:
        def stand_in(**_options: object) -> None:
            raise error

        monkeypatch.setattr(cli, "app", stand_in)

    return fail_with


@pytest.fixture
def debug(monkeypatch):
    def switch(value: str) -> None:
        settings = Settings.load({"DEBUG": value})
        monkeypatch.setattr(Settings, "load", lambda: settings)

    return switch


def test_without_a_verb_it_shows_the_help_and_succeeds(capsys):
    assert cli.main([]) == 0
    assert "doctor" in capsys.readouterr().out


def test_every_documented_verb_is_there(capsys):
    shown = visible_verbs(capsys)
    for verb in ("demo", "test", "run", "sources", "doctor", "db", "users", "score"):
        assert f"  {verb} " in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("demo",),
        ("test",),
        ("run", "full"),
        ("sources", "check"),
        ("doctor",),
        ("db", "upgrade"),
        ("users", "add"),
        ("users", "list"),
        ("users", "disable"),
        ("users", "enable"),
        ("users", "role"),
        ("score",),
    ],
)
def test_every_verb_explains_itself(capsys, arguments):
    assert cli.main([*arguments, "--help"]) == 0
    assert " ".join(arguments) in capsys.readouterr().out


def test_an_unknown_bench_is_wrong_usage_and_names_those_that_are_there(capsys):
    assert cli.main(["bench", "speed"]) == 2
    said = capsys.readouterr().err
    assert all(name in said for name in BENCHES)


@pytest.mark.parametrize("name", BENCHES)
def test_every_bench_is_a_module_that_can_be_run(name):
    source = (ROOT / "benchmarks" / f"{name}.py").read_text(encoding="utf-8")
    assert 'if __name__ == "__main__":' in source


def test_an_unknown_verb_is_wrong_usage(capsys):
    assert cli.main(["frobnicate"]) == 2
    assert "frobnicate" in capsys.readouterr().err


def test_an_error_is_a_message_without_a_traceback(capsys, failing, debug):
    debug("0")
    failing(StoreError(f"No responde postgresql://u:{SECRET}@h/d."))
    assert cli.main(["doctor"]) == 1
    captured = capsys.readouterr()
    assert captured.err == "Error: No responde postgresql://u:***@h/d.\n"
    assert captured.out == ""


def test_debug_adds_the_traceback_without_the_password(capsys, failing, debug):
    debug("1")
    failing(StoreError(f"No responde postgresql://u:{SECRET}@h/d."))
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.endswith("Error: No responde postgresql://u:***@h/d.\n")
    assert SECRET not in said


def test_a_defect_shows_where_it_happened_and_no_password(capsys, failing):
    failing(ZeroDivisionError(f"password={SECRET}"))
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said
    assert "defecto del programa" in said
    assert SECRET not in said


def test_an_interruption_has_the_status_of_one(failing):
    failing(KeyboardInterrupt())
    assert cli.main(["doctor"]) == 130


def test_bad_settings_stop_a_verb_with_the_variables_name(capsys, monkeypatch):
    monkeypatch.setenv("SERVICE_PORT", "many")
    assert cli.main(["db", "upgrade"]) == 1
    said = capsys.readouterr().err
    assert "SERVICE_PORT" in said
    assert "many" not in said


def test_upgrading_nothing_names_both_ways(capsys, monkeypatch, tmp_path):
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / "none")
    monkeypatch.setenv("AURA_DATA_DIR", str(tmp_path))
    assert cli.main(["db", "upgrade"]) == 1
    assert "AURA_EMBEDDED=1" in capsys.readouterr().err
    monkeypatch.setenv("AURA_EMBEDDED", "1")
    assert cli.main(["db", "upgrade"]) == 1
    assert "./aura demo" in capsys.readouterr().err


def test_help_waits_for_no_heavy_library():
    code = (
        "import sys, aura_cli.app as cli; status = cli.main(['--help'])\n"
        "heavy = {'torch', 'transformers', 'pandas', 'numpy', 'sklearn', 'scipy', 'sqlalchemy',"
        " 'alembic', 'pydantic', 'rich'}\n"
        "sys.exit(status or ', '.join(sorted(heavy & set(sys.modules))) or None)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
