"""Choose the language model: the configured one, else the best at hand, and say which."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aura_engine.errors import ModelError
from aura_engine.logs import get_logger
from aura_engine.nlp.checkpoint import find_checkpoint
from aura_engine.nlp.scorer import TextScorer

log = get_logger(__name__)

PRODUCTION_MODEL: Final = "UMUTeam/roberta-spanish-sentiment-analysis"
# "fixed tokenizer": before this commit the special tokens were wrong.
PRODUCTION_REVISION: Final = "fd0be85"
REDUCED_MODEL: Final = "reducido"


def load_scorer(
    model_name: str | None,
    *,
    revision: str | None = None,
    negative_label: str | None = None,
    cache_dir: Path | None = None,
) -> TextScorer:
    """Load the language model.

    Parameters
    ----------
    model_name : str or None
        ``"reducido"``: the model that ships with the project. Another name or a directory: that
        model. None: the production model, or, where none can be had, the reduced one with a
        warning in the log; a production model that is there must load.
    revision : str or None
        Branch, tag or commit on the hub. The production model is pinned when this is None.
    negative_label : str or None
        The negative class of a model whose classes are only called ``LABEL_n``.
    cache_dir : Path or None
        Hugging Face cache; None means the usual one.

    Returns
    -------
    TextScorer
        Its ``name``, ``revision`` and ``reduced`` tell which one it is.

    Raises
    ------
    ModelError
        If a model that was asked for by name cannot be had, or one that was found cannot be
        loaded.
    """
    if model_name == REDUCED_MODEL:
        return _reduced()
    name = model_name or PRODUCTION_MODEL
    revision = pinned_revision(name, revision)
    try:
        checkpoint = find_checkpoint(name, revision, cache_dir)
    except ModelError as error:
        if model_name is not None:
            raise
        log.warning("nlp.reduced_model_used", wanted=name, revision=revision, reason=str(error))
        return _reduced()
    # torch and transformers take seconds to import: only once there is something to load.
    from aura_engine.nlp.transformers_scorer import TransformersScorer

    return TransformersScorer.load(checkpoint, negative_label=negative_label)


def pinned_revision(name: str, revision: str | None) -> str | None:
    """Return the revision to load a model at: the one asked for, else the pinned one if any."""
    return revision or (PRODUCTION_REVISION if name == PRODUCTION_MODEL else None)


def is_reduced_revision(revision: str) -> bool:
    """Tell whether a revision is of the reduced model, in whichever version."""
    return revision.startswith(f"{REDUCED_MODEL}-")


def _reduced() -> TextScorer:
    from aura_engine.nlp.reduced import ReducedScorer

    scorer = ReducedScorer()
    log.info("nlp.model_loaded", model=scorer.name, revision=scorer.revision)
    return scorer
