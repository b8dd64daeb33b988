"""What tests have written in JavaScript: copied and installed beside the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.browser.chromium import is_required
from tests.patience import PATIENCE

_LEFT_OUT: Final = ("node_modules", "dist")


def find_npm() -> str:
    """Return npm; without it the test is skipped, or fails if a browser is required."""
    npm = shutil.which("npm")
    if npm is not None and shutil.which("node") is not None:
        return npm
    missing = "node and npm are not on the PATH, and what this test needs is installed with them"
    if is_required(os.environ):
        pytest.fail(f"AURA_REQUIRE_BROWSER is set, but {missing}")
    pytest.skip(missing)


def install(npm: str, sources: Path, directory: Path) -> None:
    """Copy a project and install exactly what its lock file names.

    Parameters
    ----------
    npm : str
        Program.
    sources : Path
        With a ``package-lock.json``.
    directory : Path
        Of the copy; not there yet.
    """
    shutil.copytree(sources, directory, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    run_npm(npm, directory, "ci", "--ignore-scripts", "--no-audit", "--no-fund")


def run_npm(npm: str, directory: Path, *arguments: str, **variables: str) -> None:
    """Run npm in a project.

    Parameters
    ----------
    npm : str
        Program.
    directory : Path
        Of the project.
    *arguments : str
        Of npm.
    **variables : str
        Of its environment, as ``VITE_BRIDGE``.
    """
    done = subprocess.run(
        [npm, *arguments],
        cwd=directory,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    said = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
    assert done.returncode == 0, f"npm {arguments[0]}: {said}"
