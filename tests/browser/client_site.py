"""The React client of ``tests/client``: built beside the checkout, and served on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from tests.browser.node_projects import install, run_npm

CLIENT: Final = Path(__file__).resolve().parents[1] / "client"


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
    install(npm, CLIENT, directory)
    run_npm(npm, directory, "run", "build", **variables)
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
