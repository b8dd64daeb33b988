"""Text -> P(negative): models, their preparation of texts, and fingerprints of texts.

Importing this package loads neither torch nor transformers; `load_scorer` does, when needed.
"""

from __future__ import annotations

from aura_engine.nlp.hashing import text_hmac, text_key
from aura_engine.nlp.lazy import LazyScorer, concrete
from aura_engine.nlp.loading import (
    PRODUCTION_MODEL,
    REDUCED_MODEL,
    is_reduced_revision,
    load_scorer,
    scorer_of_revision,
)
from aura_engine.nlp.normalise import TextForm, is_wordless, normalise
from aura_engine.nlp.scorer import TextScorer

__all__ = [
    "PRODUCTION_MODEL",
    "REDUCED_MODEL",
    "LazyScorer",
    "TextForm",
    "TextScorer",
    "concrete",
    "is_reduced_revision",
    "is_wordless",
    "load_scorer",
    "normalise",
    "scorer_of_revision",
    "text_hmac",
    "text_key",
]
