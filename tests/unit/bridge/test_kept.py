"""Answers that are kept: made once, however many ask at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ws_bridge.kept import MOST_KEPT, KeptAnswers


def test_who_asks_while_it_is_made_waits_for_it() -> None:
    kept, made, begun, go = KeptAnswers(), [], threading.Event(), threading.Event()

    def make() -> str:
        made.append(1)
        begun.set()
        assert go.wait(60)
        return "answer"

    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(kept.get, "tag", make)
        assert begun.wait(60)
        others = [threads.submit(kept.get, "tag", make) for _ in range(6)]
        assert kept.get("another", lambda: "else") == "else"  # is not held up
        go.set()
        assert {one.result() for one in (first, *others)} == {"answer"}
    assert made == [1]


def test_what_could_not_be_made_is_made_by_the_next() -> None:
    kept = KeptAnswers()
    with pytest.raises(ZeroDivisionError):
        kept.get("tag", lambda: 1 // 0)
    assert kept.get("tag", lambda: 2) == 2


def test_the_oldest_is_forgotten() -> None:
    kept = KeptAnswers()
    for number in range(MOST_KEPT + 1):
        kept.get(str(number), lambda number=number: number)  # type: ignore[misc]
    assert kept.get("1", lambda: -1) == 1
    assert kept.get("0", lambda: -1) == -1
