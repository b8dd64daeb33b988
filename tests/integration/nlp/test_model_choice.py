from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import structlog
from huggingface_hub import constants

from aura_engine.errors import ModelError
from aura_engine.nlp import (
    PRODUCTION_MODEL,
    REDUCED_MODEL,
    TextScorer,
    checkpoint,
    is_reduced_revision,
    load_scorer,
    scorer_of_revision,
)
from aura_engine.nlp.checkpoint import content_revision
from aura_engine.nlp.loading import PRODUCTION_REVISION
from tests.patience import PATIENCE

MakeModel = Callable[..., Path]


@pytest.fixture
def cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """No hub: a port of this machine where nobody listens."""
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.hf_api.constants.ENDPOINT", "http://127.0.0.1:9")


def cached(cache: Path, name: str, commit: str, model: Path) -> None:
    """Lay a model out as the hub's cache holds it."""
    repository = cache / f"models--{name.replace('/', '--')}"
    shutil.copytree(model, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)


def test_a_hub_that_does_not_answer_is_given_up_within_ten_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checkpoint.HUB_DEADLINE_SECONDS < 10
    monkeypatch.setattr(checkpoint, "HUB_DEADLINE_SECONDS", 0.1)
    over, answered = threading.Event(), []

    def silent(*_: object) -> tuple[str, list[str]]:
        answered.append(over.wait(PATIENCE))
        return "0" * 40, []

    monkeypatch.setattr(checkpoint, "_resolve", silent)
    with pytest.raises(ModelError, match="NLP_MODEL_NAME=aura-es-mini"):
        load_scorer("someone/some-model", cache_dir=tmp_path)
    assert answered == []
    over.set()


def test_an_unreachable_hub_is_an_error_that_says_what_was_tried(
    tmp_path: Path, cut_off: None
) -> None:
    with pytest.raises(ModelError) as refused:
        load_scorer("someone/some-model", cache_dir=tmp_path)
    for part in ("someone/some-model", str(tmp_path), "http", "NLP_MODEL_NAME=aura-es-mini"):
        assert part in str(refused.value)


def test_offline_mode_is_named_in_the_error(tmp_path: Path) -> None:
    code = (
        "from aura_engine.nlp import load_scorer\n"
        "from aura_engine.errors import ModelError\n"
        "try: load_scorer('someone/some-model')\n"
        "except ModelError as error: print(error)\n"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert "someone/some-model" in told.stdout
    assert "HF_HUB_OFFLINE" in told.stdout


def test_a_directory_that_is_not_there_is_not_looked_up_on_the_hub(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no existe"):
        load_scorer(str(tmp_path / "nowhere"))


def test_a_cached_model_loads_without_the_hub_under_its_commit(
    tmp_path: Path, make_model: MakeModel, cut_off: None
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    cached(tmp_path, "someone/some-model", commit, make_model())
    by_branch = load_scorer("someone/some-model", cache_dir=tmp_path)
    by_prefix = load_scorer("someone/some-model", revision=commit[:8], cache_dir=tmp_path)
    assert by_branch.revision == by_prefix.revision == commit
    with pytest.raises(ModelError, match="someone/some-model"):
        load_scorer("someone/some-model", revision="fedcba98", cache_dir=tmp_path)


def test_the_production_model_is_the_default_where_its_pinned_commit_is_cached(
    tmp_path: Path, make_model: MakeModel, cut_off: None
) -> None:
    commit = PRODUCTION_REVISION + "0" * 33
    cached(tmp_path, PRODUCTION_MODEL, commit, make_model())
    scorer = load_scorer(None, cache_dir=tmp_path)
    assert (scorer.name, scorer.revision, scorer.reduced) == (PRODUCTION_MODEL, commit, False)


def test_without_the_production_model_the_reduced_one_is_used_and_the_log_says_so(
    tmp_path: Path, cut_off: None
) -> None:
    with structlog.testing.capture_logs() as events:
        scorer = load_scorer(None, cache_dir=tmp_path)
    assert scorer.reduced
    warning = next(event for event in events if event["event"] == "nlp.reduced_model_used")
    assert warning["log_level"] == "warning"
    assert PRODUCTION_MODEL in warning["reason"]


def test_a_production_model_that_is_there_and_does_not_load_is_an_error(
    tmp_path: Path, make_model: MakeModel, cut_off: None
) -> None:
    damaged = make_model()
    (damaged / "model.safetensors").write_bytes(b"half a file")
    cached(tmp_path, PRODUCTION_MODEL, PRODUCTION_REVISION + "0" * 33, damaged)
    with pytest.raises(ModelError, match=PRODUCTION_MODEL):
        load_scorer(None, cache_dir=tmp_path)


def test_the_reduced_model_can_be_asked_for() -> None:
    scorer = load_scorer(REDUCED_MODEL)
    assert isinstance(scorer, TextScorer)
    assert (scorer.name, scorer.reduced) == ("aura-es-mini", True)
    assert is_reduced_revision(scorer.revision)
    assert np.isfinite(scorer.score(["hola a todos"])).all()


def test_the_shipped_model_is_found_by_its_revision_and_no_other_version_passes_for_it() -> None:
    revision = load_scorer(REDUCED_MODEL).revision
    found = scorer_of_revision(revision, name=None)
    assert found is not None
    assert (found.revision, found.reduced) == (revision, True)
    assert scorer_of_revision(f"{REDUCED_MODEL}-0-0123456789abcdef", name=None) is None


def test_a_model_is_found_by_its_revision_only_while_its_files_are_the_same(
    make_model: MakeModel, cut_off: None
) -> None:
    directory = make_model()
    revision = load_scorer(str(directory)).revision
    found = scorer_of_revision(revision, name=str(directory))
    assert found is not None
    assert (found.revision, found.reduced) == (revision, False)
    make_model(seed=1)
    assert scorer_of_revision(revision, name=str(directory)) is None
    (directory / "model.safetensors").write_bytes(b"half a file")
    damaged = content_revision(directory)
    assert scorer_of_revision(damaged, name=str(directory)) is None


def test_importing_the_room_loads_no_heavy_library() -> None:
    code = (
        "import sys, aura_engine.nlp\n"
        "heavy = {'torch', 'transformers', 'onnxruntime', 'sklearn'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert told.stdout.strip() == "[]"
