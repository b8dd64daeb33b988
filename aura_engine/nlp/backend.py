"""What runs a classifier: one interface for every library and processor."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]


class Backend(Protocol):
    """A classifier on a processor.

    Attributes
    ----------
    name : str
        Library, processor and numbers, as logs and the doctor show it.
    tokens_at_once : int
        Most tokens of a batch, padding included, that it is given at first.
    """

    @property
    def name(self) -> str: ...

    @property
    def tokens_at_once(self) -> int: ...

    def logits(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        """Return the linear scores of each class.

        Parameters
        ----------
        ids, mask : ndarray of int64, shape (n, tokens)
            Token numbers, padded, and 1 where a token is none of the padding.

        Returns
        -------
        ndarray of float32, shape (n, classes)

        Raises
        ------
        OutOfMemory
            If the batch is too large for now.
        """
        ...


class OutOfMemory(Exception):
    """A batch did not fit; a smaller one may."""
