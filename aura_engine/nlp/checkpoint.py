"""Find the files of a model: in a directory, in the local Hugging Face cache, or on the hub."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from aura_engine.errors import ModelError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.nlp.quiet import quiet_hub

log = get_logger(__name__)

HUB_DEADLINE_SECONDS: Final = 8.0
_ABBREVIATED_COMMIT: Final = re.compile(r"[0-9a-f]{7,39}")
_SMALL_FILES: Final = ("config.json", "*token*", "vocab*", "merges.txt", "*.model", "added*.json")
_WEIGHTS: Final = ("model*.safetensors", "pytorch_model*.bin")
_PLACE_MARKS: Final = ("/", "./", "../", "~")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Files of one state of one model.

    Attributes
    ----------
    name : str
        As configured.
    directory : Path
        Where the files are.
    revision : str
        Commit on the hub, or ``sha256-…`` of a directory's files.
    """

    name: str
    directory: Path
    revision: str


def find_checkpoint(name: str, revision: str | None, cache_dir: Path | None) -> Checkpoint:
    """Find a model's files, downloading them if need be.

    Parameters
    ----------
    name : str
        A directory, or a hub name (``owner/model``).
    revision : str or None
        Branch, tag or commit on the hub, which may be abbreviated; None means its main branch.
        Directories have no revisions.
    cache_dir : Path or None
        Hugging Face cache; None means the usual one.

    Raises
    ------
    ModelError
        Within about ten seconds if the hub cannot be reached; names what was tried.
    """
    found = local_checkpoint(name, revision, cache_dir)
    if found is not None:
        return found
    if is_path(name):
        raise ModelError(t("nlp.no_such_directory", model=name))
    with quiet_hub():
        return _from_hub(name, revision, cache_dir)


def local_checkpoint(name: str, revision: str | None, cache_dir: Path | None) -> Checkpoint | None:
    """Find a model's files on this machine; the network is not asked.

    Parameters
    ----------
    name, revision, cache_dir
        As of `find_checkpoint`.

    Returns
    -------
    Checkpoint or None
        None where there is neither a directory of this name nor a complete copy in the cache.
    """
    directory = Path(name).expanduser()
    if directory.is_dir():
        return Checkpoint(name, directory, content_revision(directory))
    return None if is_path(name) else _in_cache(name, revision, cache_dir)


def is_path(name: str) -> bool:
    """Tell whether a name can only mean a directory, not a model of the hub."""
    return name.startswith(_PLACE_MARKS) or name.count("/") > 1


def has_weights(directory: Path) -> bool:
    """Tell whether a directory holds weights under a name that is loaded."""
    return any(p for pattern in _WEIGHTS for p in directory.glob(pattern))


def content_revision(directory: Path) -> str:
    """Return ``sha256-`` and 16 digits that change with any file of the model."""
    digest = hashlib.sha256()
    for path in sorted(directory.iterdir()):
        if path.is_file() and any(path.match(p) for p in (*_SMALL_FILES, *_WEIGHTS)):
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").digest()
            digest.update(path.name.encode("utf-8", "surrogateescape") + b"\0" + content)
    return f"sha256-{digest.hexdigest()[:16]}"


def _in_cache(name: str, revision: str | None, cache_dir: Path | None) -> Checkpoint | None:
    from huggingface_hub import constants

    root = Path(cache_dir or constants.HF_HUB_CACHE)
    repository = root / "--".join(["models", *name.split("/")])
    wanted = revision or constants.DEFAULT_REVISION
    reference = repository / "refs" / wanted
    if reference.is_file():
        wanted = reference.read_text(encoding="ascii").strip()
    snapshots = repository / "snapshots"
    commits = [p.name for p in snapshots.iterdir()] if snapshots.is_dir() else []
    matching = [c for c in commits if c == wanted or _abbreviates(wanted, c)]
    if len(matching) != 1:
        return None
    directory = snapshots / matching[0]
    # An interrupted download leaves a snapshot without weights, which the hub can complete.
    return Checkpoint(name, directory, matching[0]) if has_weights(directory) else None


def _abbreviates(wanted: str, commit: str) -> bool:
    return bool(_ABBREVIATED_COMMIT.fullmatch(wanted)) and commit.startswith(wanted)


def _from_hub(name: str, revision: str | None, cache_dir: Path | None) -> Checkpoint:
    from httpx2 import HTTPError  # the hub client's own HTTP library
    from huggingface_hub import constants, snapshot_download

    cache = cache_dir or constants.HF_HUB_CACHE
    tried = [t("nlp.tried_directory"), t("nlp.tried_cache", cache=cache)]
    if constants.HF_HUB_OFFLINE:
        raise _unavailable(name, t("nlp.hub_off"), tried)
    tried.append(t("nlp.tried_hub", hub=constants.ENDPOINT))
    started = time.monotonic()
    try:
        commit, files = _within_deadline(lambda: _resolve(name, revision))
        weights = next((p for p in _WEIGHTS if any(Path(f).match(p) for f in files)), None)
        if weights is None:
            raise _unavailable(name, t("nlp.hub_no_weights"), tried)
        log.info("nlp.download_started", model=name, commit=commit)
        directory = snapshot_download(
            name,
            revision=commit,
            cache_dir=cache_dir,
            allow_patterns=[*_SMALL_FILES, weights, f"{weights}.index.json"],
        )
    # A bad name is a ValueError of the hub's client, an unreachable host an HTTPError.
    except (OSError, ValueError, HTTPError) as error:
        raise _unavailable(name, f"{type(error).__name__}", tried) from error
    seconds = round(time.monotonic() - started, 1)
    log.info("nlp.download_finished", model=name, commit=commit, seconds=seconds)
    return Checkpoint(name, Path(directory), commit)


def _resolve(name: str, revision: str | None) -> tuple[str, list[str]]:
    from huggingface_hub import HfApi

    api = HfApi()
    if revision is not None and _ABBREVIATED_COMMIT.fullmatch(revision):
        # The hub knows whole commits only. Asked first, since listing retries for long when the
        # hub cannot be reached.
        api.model_info(name, timeout=HUB_DEADLINE_SECONDS)
        commits = [c.commit_id for c in api.list_repo_commits(name)]
        revision = next((c for c in commits if c.startswith(revision)), revision)
    info = api.model_info(name, revision=revision, timeout=HUB_DEADLINE_SECONDS)
    return str(info.sha), [file.rfilename for file in info.siblings or []]


def _within_deadline(question: Callable[[], T]) -> T:
    """Ask in a thread that is left behind when it does not answer: name lookups cannot be timed."""
    answer: Future[T] = Future()

    def ask() -> None:
        try:
            answer.set_result(question())
        except BaseException as error:  # noqa: BLE001 - handed to the waiting thread
            answer.set_exception(error)

    threading.Thread(target=ask, name="nlp-hub", daemon=True).start()
    return answer.result(timeout=HUB_DEADLINE_SECONDS)


def _unavailable(name: str, reason: str, tried: list[str]) -> ModelError:
    fields: dict[str, Any] = {"model": name, "reason": reason, "tried": "; ".join(tried)}
    return ModelError(t("nlp.unavailable", **fields))
