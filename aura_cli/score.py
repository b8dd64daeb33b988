"""``./aura score``: P(negative) of texts from a file or a pipe, a line each."""

from __future__ import annotations

import codecs
import math
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final

import typer

from aura_engine.errors import AuraError
from aura_engine.i18n import t

if TYPE_CHECKING:
    from aura_engine.nlp import TextScorer

STANDARD_INPUT: Final = "-"
HEADER: Final = "p_negative,text_number"
PAGE: Final = 8192
"""Lines held at once."""


class UnreadableTexts(AuraError):
    """The texts cannot be read; says where, never what they say."""


@dataclass(frozen=True)
class Page:
    """Lines that are scored together, and how many bytes they took."""

    texts: list[str]
    size: int


def score(file: Annotated[str, typer.Argument(help=t("cli.help_score_file"))]) -> None:
    """Read one text a line and write how negative each is, as CSV on standard output."""
    from aura_cli.context import start
    from aura_cli.language import run_scorer

    settings = start(quiet=True)
    with opened(file) as stream:
        scorer = run_scorer(settings)
        model = t(
            "cli.score_model",
            model=scorer.name,
            revision=scorer.revision,
            backend=scorer.backend,
        )
        typer.echo(model, err=True)
        try:
            _write(stream, file, scorer)
        except BrokenPipeError:
            # Whoever read has enough. The interpreter must not try to write the rest at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def opened(file: str) -> AbstractContextManager[BinaryIO]:
    """Open a file, or standard input for ``-``, which stays open.

    Raises
    ------
    UnreadableTexts
        If it is not there, is a directory, or may not be read.
    """
    if file == STANDARD_INPUT:
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except FileNotFoundError as error:
        raise UnreadableTexts(t("cli.score_missing", file=file)) from error
    except IsADirectoryError as error:
        raise UnreadableTexts(t("cli.score_directory", file=file)) from error
    except OSError as error:
        raise _unreadable(file, error) from error


def pages(stream: BinaryIO, file: str) -> Iterator[Page]:
    """Read lines in pages of `PAGE`, without their ends and a byte order mark.

    Parameters
    ----------
    stream : BinaryIO
        One text a line.
    file : str
        Its name, for the error.

    Raises
    ------
    UnreadableTexts
        At a line that is not UTF-8, by its number; or if reading fails.
    """
    texts: list[str] = []
    size = 0
    try:
        for number, line in enumerate(stream, start=1):
            texts.append(_decoded(line, file, number))
            size += len(line)
            if len(texts) == PAGE:
                yield Page(texts, size)
                texts, size = [], 0
    except OSError as error:
        raise _unreadable(file, error) from error
    if texts:
        yield Page(texts, size)


def _decoded(line: bytes, file: str, number: int) -> str:
    bare = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
    try:
        return bare.rstrip(b"\r\n").decode("utf-8")
    except UnicodeDecodeError:
        # Not chained: that error holds the line.
        raise UnreadableTexts(t("cli.score_not_utf8", file=file, line=number)) from None


def _unreadable(file: str, error: OSError) -> UnreadableTexts:
    return UnreadableTexts(t("cli.score_unreadable", file=file, reason=error.strerror))


def _write(stream: BinaryIO, file: str, scorer: TextScorer) -> None:
    progress = _Progress(_size(stream))
    _put(f"{HEADER}\n")
    done = 0
    try:
        progress.show(0, 0)
        for page in pages(stream, file):
            found = scorer.score(page.texts)
            rows = (
                f"{'' if math.isnan(p) else f'{p:.6f}'},{number}\n"
                for number, p in enumerate(found.tolist(), start=done + 1)
            )
            progress.clear()
            _put("".join(rows))
            done += len(page.texts)
            progress.show(done, page.size)
    finally:
        progress.clear()


def _put(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _size(stream: BinaryIO) -> int | None:
    """Return the bytes of a file; None for a pipe."""
    described = os.fstat(stream.fileno())
    return described.st_size if stat.S_ISREG(described.st_mode) else None


class _Progress:
    """How far it is, on the last line of a terminal; nothing elsewhere."""

    def __init__(self, size: int | None) -> None:
        self._size = size
        self._read = 0
        self._started = time.monotonic()
        self._shown = sys.stderr.isatty()

    def show(self, texts: int, read: int) -> None:
        """Show how many texts are done, with `read` bytes more than before."""
        if not self._shown:
            return
        self._read += read
        seconds = max(time.monotonic() - self._started, 1e-3)
        line = t("cli.score_progress", texts=f"{texts:,}", speed=f"{texts / seconds:,.0f}")
        if self._size and self._read:
            left = seconds * max(self._size - self._read, 0) / self._read
            line += t("cli.score_left", left=timedelta(seconds=math.ceil(left)))
        sys.stderr.write(f"\r{line}\x1b[K")
        sys.stderr.flush()

    def clear(self) -> None:
        """Leave the line empty."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
