"""What every language model of the engine offers, and the frame that all of them share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from aura_engine.nlp.normalise import TextForm, is_wordless, normalise

Probabilities = NDArray[np.float32]


@runtime_checkable
class TextScorer(Protocol):
    """A model that reads Spanish texts.

    Attributes
    ----------
    name : str
        The model, as people know it.
    revision : str
        Changes whenever the weights do: scores of two revisions are never mixed.
    reduced : bool
        True for the small model that ships with the project ("modelo reducido").
    backend : str
        What runs it: library, processor and numbers.
    """

    @property
    def name(self) -> str: ...

    @property
    def revision(self) -> str: ...

    @property
    def reduced(self) -> bool: ...

    @property
    def backend(self) -> str: ...

    def score(self, texts: Sequence[str]) -> Probabilities:
        """Return P(negative) of each text.

        Parameters
        ----------
        texts : sequence of str
            Texts as people wrote them, in any order, repeated or not.

        Returns
        -------
        ndarray of float32, shape (n,)
            In [0, 1], higher is more negative, in the order of `texts`. NaN where there is
            nothing to judge, and never will be: blank texts, texts without a letter, and
            texts beyond the model's vocabulary.

        Raises
        ------
        ModelError
            If the reading fails, which another time it may not.
        """
        ...


def score_distinct(
    texts: Sequence[str], form: TextForm, score: Callable[[list[str]], Probabilities]
) -> Probabilities:
    """Score each distinct prepared text once and hand the results back in input order.

    Parameters
    ----------
    texts : sequence of str
        Texts as people wrote them.
    form : TextForm
        How the model wants them.
    score : callable
        Takes the distinct prepared texts, none of them wordless, and returns as many values.

    Returns
    -------
    ndarray of float32, shape (n,)
        NaN for wordless texts.
    """
    places: dict[str, int] = {}
    index = np.full(len(texts), -1, dtype=np.int64)
    for position, text in enumerate(texts):
        if not is_wordless(text):
            index[position] = places.setdefault(normalise(text, form), len(places))
    result = np.full(len(texts), np.nan, dtype=np.float32)
    worded = index >= 0
    if places:
        result[worded] = score(list(places))[index[worded]]
    return result
