"""Time and peak memory of one piece of work, in a process of its own."""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True)
class Measured:
    """What a piece of work took.

    Attributes
    ----------
    seconds : float
        Wall clock, as the work itself measured it where it returns ``(seconds, result)``.
    peak_mb : float
        Highest resident memory of the process in MiB, interpreter and libraries included.
    result : Any
        What the work returned.
    """

    seconds: float
    peak_mb: float
    result: Any


def measure(work: Callable[..., Any], *arguments: Any) -> Measured:
    """Run a function of a module in a fresh process, so that its peak memory is its own.

    Parameters
    ----------
    work : callable
        Importable; its arguments and result are small, since they are sent between processes.
    *arguments
        Passed on.

    Raises
    ------
    RuntimeError
        If the process ends without an answer.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, work, arguments))
    process.start()
    theirs.close()
    try:
        seconds, peak_kib, result = ours.recv()
    except EOFError as error:
        process.join()
        raise RuntimeError(f"{work.__name__} ended with status {process.exitcode}") from error
    process.join()
    return Measured(seconds, peak_kib / 1024, result)


def _child(
    answer: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:  # pragma: no cover -- another process
    started = time.perf_counter()
    result = work(*arguments)
    seconds = time.perf_counter() - started
    if isinstance(result, Timed):
        seconds, result = result.seconds, result.result
    answer.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, result))


@dataclass(frozen=True)
class Timed:
    """A result whose seconds the work measured itself, without what it only prepared."""

    seconds: float
    result: Any


Figure = float | None


def print_figures(figures: Mapping[str, Figure | Mapping[str, Figure]], digits: int = 3) -> None:
    """Print the JSON line that ends a benchmark; None is what does not apply here."""

    def rounded(value: Figure) -> Figure:
        return None if value is None else round(value, digits)

    told = {
        name: {key: rounded(one) for key, one in value.items()}
        if isinstance(value, Mapping)
        else rounded(value)
        for name, value in figures.items()
    }
    sys.stdout.write(json.dumps(told) + "\n")
