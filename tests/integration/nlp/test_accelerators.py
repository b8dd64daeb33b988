"""Half the bits, and devices that fail: a CPU that computes in bfloat16 stands for a GPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from structlog.testing import capture_logs

from aura_engine.errors import ModelError
from aura_engine.nlp import TextScorer, half_precision, load_scorer, mini, torch_backend
from aura_engine.nlp.mini import load_mini
from aura_engine.nlp.tolerance import TOLERANCE

MakeModel = Callable[..., Path]
TEXTS = ["Me siento triste", "¿A qué hora nos vemos mañana?", "Hoy fue un buen día", "no"]


@pytest.fixture
def _bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_backend, "best_dtype", lambda _: torch.bfloat16)


@pytest.fixture
def _broken_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that torch finds and has no kernels for."""

    def broken(self: torch_backend.TorchBackend, ids: Any, mask: Any) -> Any:
        if self.device.type != "cpu":
            raise RuntimeError("CUDA error: no kernel image is available for execution")
        return plain(self, ids, mask)

    plain = torch_backend.TorchBackend.logits
    monkeypatch.setattr(torch_backend.TorchBackend, "logits", broken)
    monkeypatch.setattr(torch_backend, "best_device", lambda: torch.device("meta"))
    monkeypatch.setattr(mini, "may_have_accelerator", lambda: True)


def loaded(load: Callable[[], TextScorer]) -> tuple[TextScorer, dict[str, Any]]:
    with capture_logs() as events:
        scorer = load()
    return scorer, {event["event"]: event for event in events}


@pytest.mark.usefixtures("_bfloat16")
def test_half_the_bits_are_used_where_they_change_hardly_anything(make_model: MakeModel) -> None:
    directory = str(make_model(spread=0.1))
    scorer, events = loaded(lambda: load_scorer(directory, backend="torch"))
    assert scorer.backend == "torch-cpu-bfloat16"
    assert "nlp.half_precision_refused" not in events
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch_backend, "best_dtype", lambda _: torch.float32)
        exact = load_scorer(directory, backend="torch").score(TEXTS)
    difference = np.abs(scorer.score(TEXTS) - exact).max()
    assert 0 < difference <= TOLERANCE


@pytest.mark.usefixtures("_bfloat16")
def test_a_model_that_half_the_bits_would_change_keeps_its_float32(make_model: MakeModel) -> None:
    directory = str(make_model(spread=2.0))
    scorer, events = loaded(lambda: load_scorer(directory, backend="torch"))
    assert scorer.backend == "torch-cpu-float32"
    refused = events["nlp.half_precision_refused"]
    assert (refused["log_level"], refused["backend"]) == ("warning", "torch-cpu-bfloat16")
    assert refused["max_abs_diff"] > TOLERANCE
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch_backend, "best_dtype", lambda _: torch.float32)
        exact = load_scorer(directory, backend="torch").score(TEXTS)
    np.testing.assert_array_equal(scorer.score(TEXTS), exact)


@pytest.mark.usefixtures("_bfloat16")
def test_the_shipped_model_is_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = load_mini("onnx").score(TEXTS)
    # Processors round bfloat16 differently, one of them a little beyond what we tolerate.
    monkeypatch.setattr(half_precision, "TOLERANCE", 2 * TOLERANCE)
    half = load_mini("torch")
    assert half.backend == "torch-cpu-bfloat16"
    assert 0 < np.abs(half.score(TEXTS) - exact).max() <= 2 * TOLERANCE
    monkeypatch.setattr(half_precision, "TOLERANCE", 0.0)
    scorer, events = loaded(lambda: load_mini("torch"))
    assert scorer.backend == "torch-cpu-float32"
    assert "nlp.half_precision_refused" in events
    np.testing.assert_allclose(scorer.score(TEXTS), exact, atol=1e-5)


@pytest.mark.usefixtures("_broken_accelerator")
def test_a_model_that_its_device_cannot_run_is_read_on_the_cpu(
    make_model: MakeModel, tmp_path: Path
) -> None:
    directory = str(make_model())
    scorer, events = loaded(lambda: load_scorer(directory))
    assert scorer.backend == "torch-cpu-float32"
    assert "no kernel image" in events["nlp.backend_left_out"]["reason"]
    assert np.isfinite(scorer.score(TEXTS)).all()
    both, events = loaded(lambda: load_scorer(directory, exports=tmp_path / "exports"))
    rates = events["nlp.backend_chosen"]["texts_per_s"]
    assert "torch-cpu-float32" in rates
    assert len(rates) == 2
    np.testing.assert_allclose(both.score(TEXTS), scorer.score(TEXTS), atol=TOLERANCE)


@pytest.mark.usefixtures("_broken_accelerator")
def test_a_device_that_was_asked_for_and_fails_is_an_error(make_model: MakeModel) -> None:
    directory = str(make_model())
    with pytest.raises(ModelError, match=rf"{directory}.*no kernel image.*AURA_NLP_BACKEND"):
        load_scorer(directory, backend="torch")


@pytest.mark.usefixtures("_broken_accelerator")
def test_the_shipped_model_does_without_its_accelerator_or_without_its_graph(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without_library(_: object) -> None:
        raise ImportError("onnxruntime")

    assert load_mini("auto").backend == "onnx-cpu-float32"
    monkeypatch.setattr(mini, "_onnx", without_library)
    assert load_mini("auto").backend == "torch-cpu-float32"
