"""Which language model a verb reads with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aura_engine.nlp import TextScorer
    from aura_engine.settings import Settings


def keep_models_with_our_data(settings: Settings) -> None:
    """Let the hub's client write below the data directory, unless another place is configured.

    It reads ``HF_HOME`` once, when it is imported: models, transfer caches and tokens lie there.
    """
    if not os.environ.get("HF_HOME"):
        os.environ["HF_HOME"] = str(settings.data_dir / "models")


def production_scorer(settings: Settings) -> TextScorer:
    """Load the configured model, or the best one at hand where none is configured.

    Raises
    ------
    ModelError
        If the configured model cannot be loaded; the run must not go on as if it could.
    """
    return _load(settings, settings.nlp_model_name)


def demo_scorer(settings: Settings) -> TextScorer:
    """Load the configured model, or the one that ships with the project.

    The demo asks no hub unless told to: it must work without a network, within minutes.
    """
    from aura_engine.nlp import REDUCED_MODEL

    return _load(settings, settings.nlp_model_name or REDUCED_MODEL)


def run_scorer(settings: Settings) -> TextScorer:
    """Load the model that runs of this installation read with.

    Raises
    ------
    ModelError
        If it cannot be loaded.
    """
    load = production_scorer if settings.configured_url_names() else demo_scorer
    return load(settings)


def lazy_scorer(settings: Settings) -> TextScorer:
    """Return a stand-in for the model that runs read with, loaded when it is first asked."""
    from aura_engine.nlp import LazyScorer

    return LazyScorer(lambda: run_scorer(settings))


def _load(settings: Settings, name: str | None) -> TextScorer:
    from aura_engine.nlp import load_scorer

    return load_scorer(
        name,
        revision=settings.nlp_revision,
        negative_label=settings.nlp_negative_label,
        backend=settings.nlp_backend,
        exports=settings.exports_dir,
    )
