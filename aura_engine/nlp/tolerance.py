"""How far rounded numbers may take P(negative) from float32, and how far they do."""

from __future__ import annotations

from typing import Final

import numpy as np

from aura_engine.nlp.backend import Backend
from aura_engine.nlp.classifier import Classes
from aura_engine.nlp.encoding import TextEncoder
from aura_engine.nlp.probe import PROBE_TEXTS

TOLERANCE: Final = 0.02
"""Most that 8 or 16 bits may move P(negative) of a probe text; beyond it float32 is kept."""


def probe_difference(
    rounded: Backend, exact: Backend, encoder: TextEncoder, classes: Classes
) -> float:
    """Return by how much two backends differ at most on the probe texts, all in one batch.

    Parameters
    ----------
    rounded, exact : Backend
        The same classifier in fewer bits and in float32.
    encoder : TextEncoder
        Its tokenizer.
    classes : Classes
        How its outputs are read.

    Returns
    -------
    float
        Of P(negative); NaN if one of them gives no number.
    """
    ids, mask = encoder.padded(encoder.pieces(PROBE_TEXTS))
    p_rounded, p_exact = (classes.p_negative(b.logits(ids, mask)) for b in (rounded, exact))
    return float(np.abs(p_rounded - p_exact).max())
