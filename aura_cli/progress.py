"""Progress of runs on standard error: bars on a terminal, a line per step elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from aura_engine.i18n import t


class Steps:
    """One bar for the whole and one for the stage that goes on."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._whole = progress.add_task("", total=None, visible=False)
        self._stage = progress.add_task("", total=None, visible=False)

    def whole(self, key: str, done: int, total: int) -> None:
        """Show how far the whole is; `key` names its message."""
        self._show(self._whole, t(f"cli.{key}"), done, total)

    def stage(self, name: str, done: int, total: int | None) -> None:
        """Show the stage of a run, as `aura_engine.store.runs.Progress` asks."""
        self._show(self._stage, t(f"cli.stage_{name}"), done, total)

    def announce(self, key: str) -> None:
        """Say what begins now."""
        self._progress.console.print(t(f"cli.{key}"))

    def _show(self, task, text: str, done: int, total: int | None) -> None:  # type: ignore[no-untyped-def]
        self._progress.update(task, description=text, completed=done, total=total, visible=True)


@contextmanager
def steps() -> Iterator[Steps]:
    """Show progress while the block runs."""
    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as progress:
        yield Steps(progress)
