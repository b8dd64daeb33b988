from __future__ import annotations

import io
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr

import pytest

from aura_engine.logs import configure_logging, get_logger
from aura_engine.nlp.quiet_thread import quiet_thread
from tests.restored_logging import _restored_logging

__all__ = ["_restored_logging"]

WAYS = ["event", "warned", "apart", "printed", "line"]


@contextmanager
def told(*, configured: bool) -> Iterator[io.StringIO]:
    """What is written to standard error, with a library that has a handler of its own."""
    apart = logging.getLogger("apart")
    with redirect_stderr(io.StringIO()) as stream:
        if configured:
            configure_logging("info", "json")
            logging.captureWarnings(False)
        apart.propagate, apart.handlers = False, [logging.StreamHandler(stream)]
        yield stream
    apart.propagate, apart.handlers = True, []


def talk(who: str) -> None:
    get_logger("aura").info(f"{who}.event")
    logging.getLogger("somewhere").warning(f"{who}.warned")
    logging.getLogger("apart").warning(f"{who}.apart")
    sys.stderr.write(f"{who}.printed\n")
    sys.stderr.writelines([f"{who}.line\n"])
    warnings.warn(f"{who}.advice", stacklevel=1)


def started(say: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=say)
    thread.start()
    return thread


@pytest.mark.parametrize("configured", [False, True])
def test_one_thread_is_quiet_and_of_another_nothing_is_lost(configured: bool) -> None:
    def other() -> None:
        # A warning is an error in these tests.
        with pytest.raises(UserWarning, match=r"other\.advice"):
            talk("other")
        heard.set()

    heard = threading.Event()
    with told(configured=configured) as stream, quiet_thread():
        talk("mine")
        started(other).join()
    lines = stream.getvalue()
    assert "mine" not in lines
    # Without a handler of the root logger, pytest's own takes what is not configured.
    ways = WAYS if configured else [way for way in WAYS if way != "warned"]
    assert [way for way in ways if lines.count(f"other.{way}") != 1] == []
    assert heard.is_set()


def test_errors_are_heard() -> None:
    with told(configured=True) as stream, quiet_thread():
        logging.getLogger("somewhere").error("mine.failed")
        logging.getLogger("apart").error("mine.broken")
    assert "mine.failed" in stream.getvalue()
    assert "mine.broken" in stream.getvalue()


def test_each_thread_is_quiet_until_it_is_done_and_all_is_as_before_after_the_last() -> None:
    def longer() -> None:
        with quiet_thread(), quiet_thread():
            inside.set()
            assert done.wait(10)
            talk("longer")

    inside, done = threading.Event(), threading.Event()
    with told(configured=True) as stream:
        (handler,) = logging.getLogger().handlers
        before, filters = handler.filters[:], warnings.filters[:]
        with quiet_thread():
            thread = started(longer)
            assert inside.wait(10)
        sys.stderr.write("mine.printed\n")
        get_logger("aura").info("mine.event")
        done.set()
        thread.join()
        assert sys.stderr is stream
        assert (handler.filters, warnings.filters) == (before, filters)
    assert [way for way in ("event", "printed") if f"mine.{way}" not in stream.getvalue()] == []
    assert "longer" not in stream.getvalue()


def test_an_error_passes_through_and_leaves_nothing_behind() -> None:
    with told(configured=False) as stream:
        with pytest.raises(ValueError, match="gone"), quiet_thread():
            raise ValueError("gone")
        assert sys.stderr is stream
