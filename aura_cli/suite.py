"""``./aura test``: lint, types, import rules and tests, in this order, with their times."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer

from aura_engine.i18n import t

ROOT: Final = Path(__file__).resolve().parents[1]
CACHE: Final = ROOT / ".venv" / "cache"
WORKERS: Final = ("--numprocesses=4", "--dist=loadgroup")
"""Much of the suite waits for servers, so even two cores do four tests at a time."""


@dataclass(frozen=True)
class Step:
    """One check: its name and the command that makes it."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How a step ended, after how many seconds, and the last line it wrote."""

    step: Step
    status: int
    seconds: float
    last_line: str


def steps(pytest_arguments: Sequence[str]) -> tuple[Step, ...]:
    """Return the checks in the order in which they run."""
    python = sys.executable
    workers = () if _asks_for_one_process(pytest_arguments) else WORKERS
    coloured = ("--color=yes",) if sys.stdout.isatty() else ()
    lint_imports = "import sys; from importlinter.cli import lint_imports_command as main; main()"
    return (
        Step("ruff check", (python, "-m", "ruff", "check", ".")),
        Step("ruff format", (python, "-m", "ruff", "format", "--check", ".")),
        Step("mypy", (python, "-m", "mypy")),
        Step(
            "lint-imports",
            (python, "-c", lint_imports, "--no-logo", "--cache-dir", str(CACHE / "imports")),
        ),
        Step(
            "pytest",
            (
                python, "-m", "pytest",
                "--hypothesis-profile=ci", *workers, *coloured, *pytest_arguments,
            ),
        ),
    )  # fmt: skip


def _asks_for_one_process(pytest_arguments: Sequence[str]) -> bool:
    """Tell whether the person chose files, for which workers cost more than they save, or workers.

    A plugin may be the one that there should be no workers.
    """
    return any(
        argument.startswith(("-n", "--numprocesses", "-p"))
        or (ROOT / argument.partition("::")[0]).exists()
        for argument in pytest_arguments
    )


def step_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the steps: without our settings, with caches below ``.venv``.

    The suite must find the same whatever the person who runs it has configured.
    """
    from aura_engine.settings import documented_variables

    kept = {
        name: value
        for name, value in environment.items()
        if name not in documented_variables() and not name.startswith("HF_")
    }
    return kept | {
        "AURA_ENV_FILE": os.devnull,
        "HYPOTHESIS_STORAGE_DIRECTORY": str(CACHE / "hypothesis"),
        "MYPY_CACHE_DIR": str(CACHE / "mypy"),
        "RUFF_CACHE_DIR": str(CACHE / "ruff"),
    }


def run_step(step: Step, environment: Mapping[str, str], directory: Path = ROOT) -> Outcome:
    """Run one step, passing its output on as it comes."""
    started = time.monotonic()
    last_line = ""
    with subprocess.Popen(
        step.command,
        cwd=directory,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            last_line = line.rstrip() or last_line
    return Outcome(step, process.returncode, time.monotonic() - started, last_line)


def report(outcomes: Sequence[Outcome]) -> str:
    """Return the table of times, and the tests' own closing line last."""
    rows = [
        t(
            "cli.step_passed" if outcome.status == 0 else "cli.step_failed",
            name=f"{outcome.step.name:<14}",
            seconds=f"{outcome.seconds:6.1f}",
        )
        for outcome in outcomes
    ]
    return "\n".join(["", *rows, outcomes[-1].last_line])


def test(context: typer.Context) -> None:
    """Run all checks; further arguments go to pytest."""
    from aura_cli.context import start
    from aura_engine.settings import refuse_production

    refuse_production(start(), "test")
    environment = step_environment(os.environ)
    outcomes = []
    for step in steps(context.args):
        typer.echo(t("cli.step_starts", name=step.name))
        outcomes.append(run_step(step, environment))
    typer.echo(report(outcomes))
    if any(outcome.status for outcome in outcomes):
        raise typer.Exit(1)
