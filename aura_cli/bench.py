"""``./aura bench NAME``: ratios of speed and memory, measured in one run."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Annotated, Final

import typer

from aura_cli.suite import ROOT, step_environment
from aura_engine.i18n import t

BENCHES: Final = (
    "ensemble",
    "load",
    "full",
    "choices",
    "nlp",
    "triggers",
    "latency",
    "faults",
    "api",
    "fanout",
    "pages",
)
"""What can be measured; each is a module of ``benchmarks``."""


def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=t("cli.help_bench_name", names=", ".join(BENCHES)))],
) -> None:
    """Run one benchmark in a process of its own; further arguments go to it."""
    from aura_cli.context import start
    from aura_engine.settings import refuse_production

    if name not in BENCHES:
        raise typer.BadParameter(t("cli.help_bench_name", names=", ".join(BENCHES)))
    refuse_production(start(), "bench")
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *context.args],
        cwd=ROOT,
        env=step_environment(os.environ),
        check=False,
    )
    if done.returncode:
        raise typer.Exit(done.returncode)
