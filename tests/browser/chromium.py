"""Find a Chromium, and say why there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoChromium(Exception):
    """There is no browser; the message says where it was looked for."""


def find_chromium(environment: Mapping[str, str]) -> str:
    """Return the path of ``AURA_CHROMIUM``, else of the first known program on the PATH."""
    named = environment.get("AURA_CHROMIUM")
    if named:
        if not (Path(named).is_file() and os.access(named, os.X_OK)):
            raise NoChromium(f"AURA_CHROMIUM ({named}) is not a program")
        return named
    for program in PROGRAMS:
        path = shutil.which(program, path=environment.get("PATH", os.defpath))
        if path is not None:
            return path
    raise NoChromium(f"none of {', '.join(PROGRAMS)} is on the PATH and AURA_CHROMIUM is not set")


def is_required(environment: Mapping[str, str]) -> bool:
    """Tell whether a missing browser is a failure."""
    return environment.get("AURA_REQUIRE_BROWSER", "") not in ("", "0")
