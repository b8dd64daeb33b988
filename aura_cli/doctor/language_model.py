"""Which language model a run would read with; nothing is downloaded to find out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aura_cli.doctor.findings import Finding, State
from aura_engine.errors import ModelError
from aura_engine.i18n import t
from aura_engine.settings import Settings


def language_model(settings: Settings) -> Iterator[Finding]:
    """Look for the configured model, or for the best one at hand."""
    from aura_engine.nlp.loading import PRODUCTION_MODEL, REDUCED_MODEL

    configured = settings.nlp_model_name
    if configured == REDUCED_MODEL:
        yield reduced_model(settings)
    elif configured is not None:
        yield named_model(configured, settings.nlp_revision)
    elif (found := local_revision(PRODUCTION_MODEL, settings.nlp_revision)) is not None:
        yield _found(PRODUCTION_MODEL, found)
    else:
        yield Finding(
            _area(),
            PRODUCTION_MODEL,
            State.NOTE,
            t("cli.model_not_here"),
            t("cli.mend_model_default", reduced=REDUCED_MODEL),
        )
        yield reduced_model(settings)


def named_model(name: str, revision: str | None) -> Finding:
    """Look for a model that was asked for by name, and without which runs stop."""
    from aura_engine.nlp.checkpoint import is_path

    local = local_revision(name, revision)
    if local is not None:
        return _found(name, local)
    if is_path(name) or Path(name).is_dir():
        mend = t("cli.mend_model_directory")
        return Finding(_area(), name, State.BROKEN, t("cli.not_found"), mend)
    mend = t("cli.mend_model_hub")
    return Finding(_area(), name, State.WARNING, t("cli.model_not_here"), mend)


def local_revision(name: str, revision: str | None) -> str | None:
    """Return the revision of the copy that a run would load; None where there is none here."""
    from aura_engine.nlp.checkpoint import has_weights, local_checkpoint
    from aura_engine.nlp.loading import pinned_revision

    found = local_checkpoint(name, pinned_revision(name, revision), None)
    return found.revision if found is not None and has_weights(found.directory) else None


def reduced_model(settings: Settings) -> Finding:
    """Look whether the model that ships with the project loads, and what runs it."""
    from aura_engine.nlp.mini import load_mini

    try:
        scorer = load_mini(settings.nlp_backend)
    except ModelError as error:
        return Finding(_area(), t("cli.reduced_model"), State.BROKEN, str(error))
    detail = t("cli.model_runs", revision=scorer.revision, backend=scorer.backend)
    return Finding(_area(), scorer.name, State.GOOD, detail)


def _found(name: str, revision: str) -> Finding:
    return Finding(_area(), name, State.GOOD, t("cli.model_here", revision=revision))


def _area() -> str:
    return t("cli.area_language_model")
