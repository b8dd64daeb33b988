"""Bridges in processes of their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from sqlalchemy import URL

from aura_engine.settings import DATABASE_URL_NAMES, documented_variables
from tests.patience import PATIENCE, eventually

ROOT = Path(__file__).resolve().parents[3]


def addresses(url: URL) -> dict[str, str]:
    """Return the four addresses; the bridge asks only the first."""
    named = {name: url.set(database=name.lower()) for name in DATABASE_URL_NAMES}
    named["DATABASE_URL_ANALYTICS"] = url
    return {name: each.render_as_string(hide_password=False) for name, each in named.items()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, path: str, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """Return status, JSON and headers of what a port answers, never through a proxy."""
    try:
        with _opened(port, path, **headers) as answer:
            return answer.status, json.load(answer), dict(answer.headers)
    except HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal), dict(refusal.headers)


def _opened(port: int, path: str, **headers: str) -> Any:
    request = Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    return build_opener(ProxyHandler({})).open(request, timeout=PATIENCE)


class Served:
    """A bridge in a process of its own."""

    def __init__(self, url: URL, log: Path, **variables: str) -> None:
        self.port = int(variables.get("SERVICE_PORT") or free_port())
        self._log = log
        kept = {k: v for k, v in os.environ.items() if k not in documented_variables()}
        own = {"SERVICE_PORT": str(self.port), "PYTHONPATH": str(ROOT), "AURA_LOG_FORMAT": "json"}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aura_cli", "bridge"],
                cwd="/",
                env=kept | addresses(url) | own | variables,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def get(self, path: str, **headers: str) -> tuple[int, Any, dict[str, str]]:
        """Return status, JSON and headers of an answer."""
        return ask(self.port, path, **headers)

    def text(self, path: str) -> str:
        """Return an answer that is not JSON."""
        with _opened(self.port, path) as answer:
            return str(answer.read().decode())

    def await_answer(self) -> tuple[int, Any, dict[str, str]]:
        """Return the first answer of ``/health``."""

        def answer() -> tuple[int, Any, dict[str, str]] | None:
            assert self.process.poll() is None, self.said()
            try:
                return self.get("/health")
            except (URLError, OSError):
                return None

        return eventually(answer)

    def said(self) -> str:
        """Return its log."""
        return self._log.read_text(encoding="utf-8")


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts bridges: ``serve(url, **variables)``."""
    started: list[Served] = []

    def start(url: URL, **variables: str) -> Served:
        log = tmp_path / f"bridge-{len(started)}.log"
        started.append(Served(url, log, **variables))
        return started[-1]

    yield start
    for served in started:
        served.process.kill()
        served.process.wait()
