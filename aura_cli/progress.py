"""Progress of runs on standard error: bars on a terminal, a line per step elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from aura_engine.i18n import t


class Steps(Protocol):
    """Where a verb shows how far it is."""

    def whole(self, key: str, done: int, total: int) -> None:
        """Show how far the whole is; `key` names its message in the catalogue."""

    def stage(self, name: str, done: int, total: int | None) -> None:
        """Show the stage of a run, as `aura_engine.store.runs.Progress` asks."""


class _Bars:
    """A bar for each whole that has several steps, and one for the stage of a run."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def whole(self, key: str, done: int, total: int) -> None:
        if total > 1:
            self._show(key, f"{t(f'cli.{key}')} {done}/{total}", done, total)

    def stage(self, name: str, done: int, total: int | None) -> None:
        counted = f" {done}" if done else ""
        self._show("stage", f"  {t(f'cli.stage_{name}')}{counted}", done, total)

    def _show(self, key: str, text: str, done: int, total: int | None) -> None:
        if key not in self._bars:
            self._bars[key] = self._progress.add_task(text, total=total)
        self._progress.update(
            self._bars[key],
            description=text,
            completed=done,
            total=total,
            visible=total is None or done < total,
        )


class _Lines:
    """One line whenever the whole moves; stages only where there is no whole."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = ""
        self._has_whole = False

    def whole(self, key: str, done: int, total: int) -> None:
        self._has_whole = True
        if total > 1:
            self._say(f"{t(f'cli.{key}')} {done}/{total}")

    def stage(self, name: str, done: int, total: int | None) -> None:  # noqa: ARG002
        if not self._has_whole:
            self._say(t(f"cli.stage_{name}"))

    def _say(self, line: str) -> None:
        if line != self._said:
            self._console.print(line)
            self._said = line


@contextmanager
def steps() -> Iterator[Steps]:
    """Show progress on standard error while the block runs."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bars(progress)
