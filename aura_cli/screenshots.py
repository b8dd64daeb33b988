"""``./aura screenshots``: pictures of all pages, of a demo made for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from aura_cli.suite import ROOT, step_environment
from aura_engine.i18n import t


def screenshots(
    directory: Annotated[Path, typer.Argument(help=t("cli.help_screenshots_directory"))],
    users: Annotated[int, typer.Option(min=1, help=t("cli.help_users"))] = 2_000,
) -> None:
    """Make a demo of its own, open every page in light, dark and on a phone, and keep pictures."""
    from aura_cli.context import start
    from aura_engine.settings import refuse_production

    refuse_production(start(), "screenshots")
    command = [sys.executable, "-m", "tests.browser.screenshots"]
    done = subprocess.run(
        [*command, str(directory.resolve()), str(users)],
        cwd=ROOT,
        env=step_environment(os.environ),
        check=False,
    )
    if done.returncode:
        raise typer.Exit(done.returncode)
