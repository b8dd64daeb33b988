"""A checkout of its own for each test, and an interpreter that installs nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.patience import PATIENCE

LAUNCHER = Path(__file__).resolve().parents[3] / "aura"

# It answers -c truthfully, makes environments whose interpreter is itself, and notes down what
# it is asked to run. PIP_FAILS and PIP_WAITS stand for a network that fails or is slow.
INTERPRETER = """#!/bin/sh
case $1 in
-c)
    case $2 in *_base_executable*) printf '%s\\n' "$0"; exit ;; esac
    case $2 in *ensurepip*) [ ! -e "$FAKES/no-ensurepip" ] || exit 1 ;; esac
    exec "$REAL_PYTHON" "$@" ;;
-m)
    case $2 in
    venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; printf 'venv\\n' >>"$FAKES/calls" ;;
    pip)
        printf 'pip %s\\n' "$*" >>"$FAKES/calls"
        case "$*" in *index-url*) [ ! -e "$FAKES/index-unreachable" ] || exit 1 ;; esac
        [ ! -e "$FAKES/pip-waits" ] || sleep "$(cat "$FAKES/pip-waits")"
        [ ! -e "$FAKES/pip-fails" ] || exit 1 ;;
    esac ;;
-P)
    printf 'run' >>"$FAKES/calls"
    shift 3
    for argument in "$@"; do printf ' <%s>' "$argument" >>"$FAKES/calls"; done
    printf '\\n' >>"$FAKES/calls"
    printf '%s\\n' "$PWD"
    exit 7 ;;
esac
"""


@dataclass
class Checkout:
    """A copy of the launcher with requirements of its own."""

    root: Path
    fakes: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def tools(self) -> Path:
        return self.fakes / "bin"

    def command(self, *arguments: str) -> list[str]:
        return [str(self.root / "aura"), *arguments]

    def run(self, *arguments: str, **options) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            options.pop("command", None) or self.command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            env=self.environment,
            **options,
        )

    def set(self, condition: str, content: str = "") -> None:
        (self.fakes / condition).write_text(content)

    def clear(self, condition: str) -> None:
        (self.fakes / condition).unlink()

    def calls(self) -> list[str]:
        """What the interpreter was asked to run since the last look."""
        notes = self.fakes / "calls"
        lines = notes.read_text().splitlines() if notes.exists() else []
        notes.unlink(missing_ok=True)
        return lines

    def installs(self) -> list[str]:
        return [line for line in self.calls() if line.startswith("pip")]

    def add_program(self, name: str, content: str) -> None:
        program = self.tools / name
        program.write_text(content)
        program.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "check out"
    fakes = tmp_path / "fakes"
    (fakes / "bin").mkdir(parents=True)
    root.mkdir()
    shutil.copy(LAUNCHER, root / "aura")
    (root / "requirements.txt").write_text("typer==1.0\ntorch==2.13.0  # the reader\n")
    (root / "requirements-dev.txt").write_text("pytest==9.0\n")
    (root / "pyproject.toml").write_text('[project]\nname = "aura-monitor"\n')
    for name in ("sh", "cksum", "dirname", "find", "grep", "ln", "mkdir", "mv", "readlink"):
        (fakes / "bin" / name).symlink_to(str(shutil.which(name)))
    for name in ("rm", "sed", "sleep", "cat", "cp"):
        (fakes / "bin" / name).symlink_to(str(shutil.which(name)))
    made = Checkout(root, fakes)
    made.add_program("uname", "#!/bin/sh\necho Linux\n")
    made.add_program("python3", INTERPRETER)
    made.environment = {
        "PATH": str(made.tools),
        "HOME": str(tmp_path),
        "FAKES": str(fakes),
        "REAL_PYTHON": sys.executable,
        "LANG": os.environ.get("LANG", "C"),
    }
    return made
