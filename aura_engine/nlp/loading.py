"""Choose the language model: the configured one, else the best at hand, and say which."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from aura_engine.errors import ModelError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.nlp.backend import Backend
from aura_engine.nlp.backend_choice import Builders, fastest
from aura_engine.nlp.checkpoint import Checkpoint, find_checkpoint, local_checkpoint
from aura_engine.nlp.classifier import ClassifierScorer
from aura_engine.nlp.mini import MINI_NAME, find_mini, load_mini
from aura_engine.nlp.normalise import form_for_model
from aura_engine.nlp.scorer import TextScorer
from aura_engine.setting_types import NlpBackend

log = get_logger(__name__)

PRODUCTION_MODEL: Final = "UMUTeam/roberta-spanish-sentiment-analysis"
# "fixed tokenizer": before this commit the special tokens were wrong.
PRODUCTION_REVISION: Final = "fd0be85"
REDUCED_MODEL: Final = MINI_NAME
_REDUCED_PREFIXES: Final = (f"{MINI_NAME}-", "reducido-")  # the second had n-grams


def load_scorer(
    model_name: str | None,
    *,
    revision: str | None = None,
    negative_label: str | None = None,
    cache_dir: Path | None = None,
    backend: NlpBackend = "auto",
    exports: Path | None = None,
) -> TextScorer:
    """Load the language model.

    Parameters
    ----------
    model_name : str or None
        ``"aura-es-mini"``: the model that ships with the project. Another name or a directory:
        that model. None: the production model, or, where none can be had, the shipped one with a
        warning in the log; a production model that is there must load.
    revision : str or None
        Branch, tag or commit on the hub. The production model is pinned when this is None.
    negative_label : str or None
        The negative class of a model whose classes are only called ``LABEL_n``.
    cache_dir : Path or None
        Hugging Face cache; None means the usual one.
    backend : {"auto", "torch", "onnx"}
        What runs the model; ``auto`` measures what is there.
    exports : Path or None
        Where 8-bit graphs of models are kept; None means that none can be made.

    Returns
    -------
    TextScorer
        Its ``name``, ``revision``, ``reduced`` and ``backend`` tell which one it is.

    Raises
    ------
    ModelError
        If a model that was asked for by name cannot be had, or one that was found cannot be
        loaded or run as asked.
    """
    if model_name == REDUCED_MODEL:
        return _loaded(load_mini(backend))
    name = model_name or PRODUCTION_MODEL
    revision = pinned_revision(name, revision)
    try:
        checkpoint = find_checkpoint(name, revision, cache_dir)
    except ModelError as error:
        if model_name is not None:
            raise
        log.warning("nlp.reduced_model_used", wanted=name, revision=revision, reason=str(error))
        return _loaded(load_mini(backend))
    return _loaded(_load_checkpoint(checkpoint, negative_label, backend, exports))


def scorer_of_revision(
    revision: str,
    name: str | None,
    *,
    negative_label: str | None = None,
    backend: NlpBackend = "auto",
    exports: Path | None = None,
) -> TextScorer | None:
    """Load the model of a given revision, if it is on this machine; the network is not asked.

    Parameters
    ----------
    revision : str
        Which state of which weights.
    name : str or None
        The model it may be of, beside the shipped one.
    negative_label : str or None
        The negative class of a model whose classes are only called ``LABEL_n``.
    backend : {"auto", "torch", "onnx"}
        What runs the model.
    exports : Path or None
        Where 8-bit graphs of models are kept.

    Returns
    -------
    TextScorer or None
        None where no model of this revision can be loaded.
    """
    try:
        if is_reduced_revision(revision):
            if find_mini().revision == revision:
                return _loaded(load_mini(backend))
            return None
        checkpoint = local_checkpoint(name or PRODUCTION_MODEL, revision, None)
        if checkpoint is None or checkpoint.revision != revision:
            return None
        return _loaded(_load_checkpoint(checkpoint, negative_label, backend, exports))
    except ModelError as error:
        log.warning("nlp.former_model_unavailable", revision=revision, reason=str(error))
        return None


def pinned_revision(name: str, revision: str | None) -> str | None:
    """Return the revision to load a model at: the one asked for, else the pinned one if any."""
    return revision or (PRODUCTION_REVISION if name == PRODUCTION_MODEL else None)


def is_reduced_revision(revision: str) -> bool:
    """Tell whether a revision is of the reduced model, in whichever version."""
    return revision.startswith(_REDUCED_PREFIXES)


def _load_checkpoint(
    checkpoint: Checkpoint, negative_label: str | None, library: NlpBackend, exports: Path | None
) -> ClassifierScorer:
    # torch and transformers take seconds to import: only once there is something to load.
    import torch

    from aura_engine.nlp.half_precision import checked_torch_backend
    from aura_engine.nlp.onnx_export import export_directory, exported_backend
    from aura_engine.nlp.torch_backend import best_device
    from aura_engine.nlp.transformers_loading import load_classifier

    classifier = load_classifier(checkpoint, negative_label)

    def onnx() -> Backend:
        if exports is None:
            raise ModelError(t("nlp.no_place_for_exports", model=checkpoint.name))
        directory = export_directory(exports, checkpoint.name, checkpoint.revision)
        return exported_backend(classifier, directory, checkpoint.name)

    def on(device: torch.device) -> Callable[[], Backend]:
        return lambda: checked_torch_backend(
            classifier.model, classifier.encoder, classifier.classes, checkpoint.name, device
        )

    best, cpu = best_device(), torch.device("cpu")
    candidates: Builders = {"onnx": onnx, "torch": on(best)}
    spare: Builders = {}
    if library != "auto":
        candidates = {library: candidates[library]}
    else:
        if exports is None:
            candidates = {"torch": on(best)}
        if best != cpu:
            spare = {**candidates, "torch": on(cpu)}
            candidates = {"torch": on(best)}
    return ClassifierScorer(
        checkpoint.name,
        checkpoint.revision,
        encoder=classifier.encoder,
        backend=fastest(candidates, classifier.encoder, checkpoint.name, spare),
        classes=classifier.classes,
        form=form_for_model(checkpoint.name),
    )


def _loaded(scorer: ClassifierScorer) -> ClassifierScorer:
    log.info(
        "nlp.model_loaded", model=scorer.name, revision=scorer.revision, backend=scorer.backend
    )
    return scorer
