"""Progress of runs on standard error: bars on a terminal, a line per step elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, Protocol

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
from aura_engine.pipeline.pace import pace

PACE_SECONDS: Final = 10.0
"""Between two lines of one stage where there is no terminal."""


class Steps(Protocol):
    """Where a verb shows how far it is."""

    def whole(self, key: str, done: int, total: int) -> None:
        """Show how far the whole is; `key` names its message in the catalogue."""

    def stage(self, name: str, done: int, total: int | None) -> None:
        """Show the stage of a run, as `aura_engine.store.runs.Progress` asks."""


class _StagePace:
    """How fast a stage goes, from when it was first heard of."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = 0.0

    def in_words(self, name: str, done: int, total: int | None) -> str | None:
        if name != self._stage or done == 0:
            self._stage, self._began = name, time.monotonic()
        found = pace(done, total, time.monotonic() - self._began)
        if found is None or found.seconds_left == 0:
            return None
        left = timedelta(seconds=round(found.seconds_left))
        speed = f"{found.per_second:.0f}"
        return t("cli.pace", done=done, total=total, per_second=speed, left=left)


class _Bars:
    """A bar for each whole that has several steps, and one for the stage of a run."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}
        self._pace = _StagePace()

    def whole(self, key: str, done: int, total: int) -> None:
        if total > 1:
            self._show(key, f"{t(f'cli.{key}')} {done}/{total}", done, total)

    def stage(self, name: str, done: int, total: int | None) -> None:
        counted = self._pace.in_words(name, done, total) or (f" {done}" if done else "")
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
        self._pace = _StagePace()
        self._paced_at = -PACE_SECONDS

    def whole(self, key: str, done: int, total: int) -> None:
        self._has_whole = True
        if total > 1:
            self._say(f"{t(f'cli.{key}')} {done}/{total}")

    def stage(self, name: str, done: int, total: int | None) -> None:
        if self._has_whole:
            return
        paced = self._pace.in_words(name, done, total)
        if paced is None:
            self._say(t(f"cli.stage_{name}"))
        elif time.monotonic() - self._paced_at >= PACE_SECONDS:
            self._paced_at = time.monotonic()
            self._say(t(f"cli.stage_{name}") + paced)

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
