"""Answers that were made once for a version of the data, for whoever asks the same again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, TypeVar

MOST_KEPT: Final = 64

T = TypeVar("T")


@dataclass
class KeptAnswers:
    """The answers that were asked for last; used by several threads."""

    _answers: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    _making: dict[str, Lock] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, tag: str, make: Callable[[], T]) -> T:
        """Return the answer of a tag, made now if it is not kept; who asks meanwhile waits for it.

        Parameters
        ----------
        tag : str
            Of everything that the answer depends on: who asks, for what, and the data.
        make : callable
            Makes it.
        """
        with self._lock:
            making = self._making.setdefault(tag, Lock())
        with making:
            try:
                with self._lock:
                    if tag in self._answers:
                        self._answers.move_to_end(tag)
                        known: T = self._answers[tag]
                        return known
                answer = make()
                with self._lock:
                    self._answers[tag] = answer
                    while len(self._answers) > MOST_KEPT:
                        self._answers.popitem(last=False)
                return answer
            finally:
                with self._lock:
                    # Whoever waits holds the same lock, and finds the answer.
                    self._making.pop(tag, None)
