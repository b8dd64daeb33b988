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
    from aura_engine.nlp.loading import PRODUCTION_MODEL, PRODUCTION_REVISION, REDUCED_MODEL

    configured = settings.nlp_model_name
    if configured == REDUCED_MODEL:
        yield reduced_model()
    elif configured is not None:
        yield named_model(configured, settings.nlp_revision)
    else:
        revision = settings.nlp_revision or PRODUCTION_REVISION
        local = local_revision(PRODUCTION_MODEL, revision)
        if local is not None:
            yield _found(PRODUCTION_MODEL, local)
        else:
            yield Finding(
                _area(),
                PRODUCTION_MODEL,
                State.NOTE,
                t("cli.model_not_here"),
                t("cli.mend_model_default", reduced=REDUCED_MODEL),
            )
            yield reduced_model()


def named_model(name: str, revision: str | None) -> Finding:
    """Look for a model that was asked for by name, and without which runs stop."""
    local = local_revision(name, revision)
    if local is not None:
        return _found(name, local)
    hub_name = name.count("/") == 1 and not name.startswith(("/", ".", "~"))
    if hub_name:
        mend = t("cli.mend_model_hub")
        return Finding(_area(), name, State.WARNING, t("cli.model_not_here"), mend)
    mend = t("cli.mend_model_directory")
    return Finding(_area(), name, State.BROKEN, t("cli.not_found"), mend)


def local_revision(name: str, revision: str | None) -> str | None:
    """Return the revision of the copy on this machine; None where there is none."""
    from aura_engine.nlp.checkpoint import content_revision

    directory = Path(name).expanduser()
    if directory.is_dir():
        return content_revision(directory) if _has_weights(directory) else None
    return _cached_revision(name, revision or "main")


def _cached_revision(name: str, wanted: str) -> str | None:
    from huggingface_hub import CacheNotFound, scan_cache_dir

    try:
        repositories = scan_cache_dir().repos
    except CacheNotFound:
        return None
    for copy in (copy for repo in repositories if repo.repo_id == name for copy in repo.revisions):
        if wanted in copy.refs or copy.commit_hash.startswith(wanted):
            return copy.commit_hash if _has_weights(copy.snapshot_path) else None
    return None


def reduced_model() -> Finding:
    """Look whether the model that ships with the project loads."""
    from aura_engine.nlp.reduced import ReducedScorer

    try:
        scorer = ReducedScorer()
    except ModelError as error:
        return Finding(_area(), t("cli.reduced_model"), State.BROKEN, str(error))
    return _found(scorer.name, scorer.revision)


def _has_weights(directory: Path) -> bool:
    return any(directory.glob("*.safetensors")) or any(directory.glob("pytorch_model*.bin"))


def _found(name: str, revision: str) -> Finding:
    return Finding(_area(), name, State.GOOD, t("cli.model_here", revision=revision))


def _area() -> str:
    return t("cli.area_language_model")
