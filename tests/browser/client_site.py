"""The React client of ``tests/client``: built beside the checkout, and served on loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest

from tests.browser.chromium import is_required
from tests.patience import PATIENCE

CLIENT: Final = Path(__file__).resolve().parents[1] / "client"
_LEFT_OUT: Final = ("node_modules", "dist")


def find_npm() -> str:
    """Return npm; without it the test is skipped, or fails if a browser is required."""
    npm = shutil.which("npm")
    if npm is not None and shutil.which("node") is not None:
        return npm
    missing = "node and npm are not on the PATH, and the React client is built with them"
    if is_required(os.environ):
        pytest.fail(f"AURA_REQUIRE_BROWSER is set, but {missing}")
    pytest.skip(missing)


def build(npm: str, directory: Path, **variables: str) -> Path:
    """Build the client in a directory that is not there yet; return where its files are.

    Parameters
    ----------
    npm : str
        Program.
    directory : Path
        For a copy of the sources and all that is installed for them.
    **variables : str
        Of the build, as ``VITE_BRIDGE``.
    """
    shutil.copytree(CLIENT, directory, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    for step in (("ci", "--ignore-scripts", "--no-audit", "--no-fund"), ("run", "build")):
        done = subprocess.run(
            [npm, *step],
            cwd=directory,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"npm {step[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return directory / "dist"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(files: Path) -> Iterator[str]:
    """Serve files while the block lasts; yield their origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(files))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
