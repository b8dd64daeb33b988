"""Keep what third parties say in one thread off the terminal and the log; others are heard."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Final, TextIO, cast

_quiet: Final[Counter[int]] = Counter()
"""How many times over each quiet thread is."""
_changing: Final = threading.Lock()
_covers: Final = ExitStack()


@contextmanager
def quiet_thread() -> Iterator[None]:
    """Drop what this thread warns of, logs below ERROR, or writes to standard error."""
    thread = threading.get_ident()
    with _changing:
        if not _quiet:
            for cover in (_filtered_handlers(), _covered_stderr(), _filtered_warnings()):
                _covers.enter_context(cover)
        _quiet[thread] += 1
    try:
        yield
    finally:
        with _changing:
            _quiet[thread] -= 1
            if not _quiet[thread]:
                del _quiet[thread]
            if not _quiet:
                _covers.close()


def _is_heard(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR or record.thread not in _quiet


@contextmanager
def _filtered_handlers() -> Iterator[None]:
    # torch and transformers have handlers of their own, which write to the real standard error.
    loggers = [logging.root, *list(logging.root.manager.loggerDict.values())]
    handlers = {handler for logger in loggers for handler in getattr(logger, "handlers", ())}
    for handler in handlers:
        handler.addFilter(_is_heard)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(_is_heard)


class _OthersStderr:
    """Standard error as all threads but the quiet ones have it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return len(text) if threading.get_ident() in _quiet else self._stream.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _covered_stderr() -> Iterator[None]:
    stream = cast(TextIO | None, sys.stderr)
    if stream is None:  # a process without a terminal
        yield
        return
    cover = cast(TextIO, _OthersStderr(stream))
    sys.stderr = cover
    try:
        yield
    finally:
        if sys.stderr is cover:
            sys.stderr = stream


class _FromQuietThread:
    """Stands for the pattern of a warning's message: what it matches is the thread."""

    def match(self, message: str) -> bool:  # noqa: ARG002
        return threading.get_ident() in _quiet


_IGNORED: Final = ("ignore", _FromQuietThread(), Warning, None, 0)


@contextmanager
def _filtered_warnings() -> Iterator[None]:
    # Filters are the process's: catch_warnings would silence, or lose, those of other threads.
    filters = cast(list[Any], warnings.filters)
    if _IGNORED not in filters:
        filters.insert(0, _IGNORED)
    try:
        yield
    finally:
        with suppress(ValueError):
            cast(list[Any], warnings.filters).remove(_IGNORED)
