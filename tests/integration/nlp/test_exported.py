from __future__ import annotations

import re
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from structlog.testing import capture_logs
from transformers.models.roberta.modeling_roberta import RobertaClassificationHead

from aura_engine.errors import ModelError
from aura_engine.logs import get_logger
from aura_engine.nlp import TextScorer, load_scorer, onnx_export
from aura_engine.nlp.onnx_export import export_directory
from aura_engine.setting_types import NlpBackend

MakeModel = Callable[..., Path]
# Random weights far apart would be more sensitive to rounding than trained ones are.
SPREAD = 0.2
CROWD = [
    f"{text} {n}" * (1 + n % 4)
    for n in range(12)
    for text in (
        "Me siento triste",
        "¿A qué hora nos vemos mañana?",
        "Hoy fue un buen día con mis amigos",
        "no",
        "Otra vez me dejaron en visto 😢",
    )
]


def load(
    directory: Path, exports: Path, backend: NlpBackend = "onnx"
) -> tuple[TextScorer, dict[str, Any]]:
    """Load a model; return its scorer and what was logged, by name."""
    with capture_logs() as events:
        scorer = load_scorer(str(directory), backend=backend, exports=exports)
    return scorer, {event["event"]: event for event in events}


def by_torch(directory: Path) -> TextScorer:
    return load_scorer(str(directory), backend="torch")


def test_the_graph_of_8_bits_agrees_with_torch_and_is_made_once(
    make_model: MakeModel, tmp_path: Path
) -> None:
    directory, exports = make_model(spread=SPREAD), tmp_path / "data" / "exports"
    scorer, events = load(directory, exports)
    assert scorer.backend == "onnx-cpu-int8"
    assert {"nlp.export_started", "nlp.export_finished"} <= events.keys()
    (place,) = exports.iterdir()
    graph = place / "model.onnx"
    assert {path.name for path in place.iterdir()} == {"model.onnx", "export.json"}
    assert scorer.revision in place.name
    made = graph.stat().st_mtime_ns

    expected = by_torch(directory).score(CROWD)
    assert np.ptp(expected) > 0.1
    result = scorer.score(CROWD)
    np.testing.assert_allclose(result, expected, atol=0.02)
    np.testing.assert_allclose([scorer.score([t])[0] for t in CROWD], expected, atol=0.02)

    again, events = load(directory, exports)
    assert "nlp.export_started" not in events
    assert graph.stat().st_mtime_ns == made
    np.testing.assert_array_equal(again.score(CROWD), result)


def test_other_weights_have_a_graph_of_their_own(make_model: MakeModel, tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    first, _ = load(make_model(spread=SPREAD), exports)
    former = first.score(CROWD)
    directory = make_model(spread=SPREAD, seed=1)
    second, events = load(directory, exports)
    assert "nlp.export_started" in events
    assert len(list(exports.iterdir())) == 2
    result = second.score(CROWD)
    np.testing.assert_allclose(result, by_torch(directory).score(CROWD), atol=0.02)
    assert np.abs(result - former).max() > 0.05


def test_what_was_left_half_made_is_not_taken_for_whole(
    make_model: MakeModel, tmp_path: Path
) -> None:
    directory, exports = make_model(spread=SPREAD), tmp_path / "exports"
    reference = by_torch(directory)
    place = export_directory(exports, str(directory), reference.revision)
    interrupted = exports / ".making-interrupted"
    for half in (place, interrupted):
        half.mkdir(parents=True)
        (half / "float.onnx").write_bytes(b"half a graph")
    (interrupted / "model.onnx").write_bytes(b"half a graph")
    scorer, events = load(directory, exports)
    assert "nlp.export_finished" in events
    assert {path.name for path in place.iterdir()} == {"model.onnx", "export.json"}
    np.testing.assert_allclose(scorer.score(CROWD), reference.score(CROWD), atol=0.02)


@pytest.mark.parametrize("damaged", ["model.onnx", "export.json"])
def test_a_damaged_export_is_made_anew(make_model: MakeModel, tmp_path: Path, damaged: str) -> None:
    directory, exports = make_model(spread=SPREAD), tmp_path / "exports"
    scorer, _ = load(directory, exports)
    (export_directory(exports, str(directory), scorer.revision) / damaged).write_bytes(b"damaged")
    again, events = load(directory, exports)
    assert "nlp.export_damaged" in events
    np.testing.assert_array_equal(again.score(CROWD), scorer.score(CROWD))
    _, events = load(directory, exports)
    assert "nlp.export_started" not in events


def test_a_model_that_eight_bits_would_change_keeps_float32(
    make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "TOLERANCE", 0.0)
    directory, exports = make_model(spread=SPREAD), tmp_path / "exports"
    scorer, events = load(directory, exports)
    assert scorer.backend == "onnx-cpu-float32"
    assert events["nlp.export_finished"]["int8_max_abs_diff"] > 0
    np.testing.assert_allclose(scorer.score(CROWD), by_torch(directory).score(CROWD), atol=1e-5)
    again, events = load(directory, exports)
    assert again.backend == "onnx-cpu-float32"
    assert "nlp.export_started" not in events


def test_auto_measures_both_and_says_so(make_model: MakeModel, tmp_path: Path) -> None:
    scorer, events = load(make_model(spread=SPREAD), tmp_path / "exports", "auto")
    chosen = events["nlp.backend_chosen"]
    rates = chosen["texts_per_s"]
    assert rates.keys() == {"onnx-cpu-int8", "torch-cpu-float32"}
    assert min(rates.values()) > 0
    assert chosen["backend"] == scorer.backend == max(rates, key=rates.get)


def test_without_a_place_for_graphs_auto_is_torch_and_onnx_is_an_error(
    make_model: MakeModel,
) -> None:
    directory = make_model()
    assert load_scorer(str(directory)).backend == "torch-cpu-float32"
    with pytest.raises(ModelError, match=rf"{directory}.*AURA_NLP_BACKEND=torch"):
        load_scorer(str(directory), backend="onnx")


def test_a_place_that_cannot_be_written_is_no_reason_not_to_read(
    make_model: MakeModel, tmp_path: Path
) -> None:
    directory, exports = make_model(), tmp_path / "file"
    exports.write_text("")
    scorer, events = load(directory, exports, "auto")
    assert scorer.backend == "torch-cpu-float32"
    assert "nlp.backend_left_out" in events
    with pytest.raises(ModelError, match=rf"{directory}.*AURA_NLP_BACKEND=torch"):
        load(directory, exports)


@pytest.fixture
def _unexportable(monkeypatch: pytest.MonkeyPatch) -> None:
    """An architecture whose way depends on what it reads, which no graph can hold."""
    plain = RobertaClassificationHead.forward

    def forward(self: Any, features: torch.Tensor, **given: Any) -> Any:
        if float(features.sum()) > 1e9:
            return torch.zeros(len(features), 3)
        return plain(self, features, **given)

    monkeypatch.setattr(RobertaClassificationHead, "forward", forward)


@pytest.mark.usefixtures("_unexportable")
def test_what_cannot_be_exported_is_read_by_torch_with_a_warning(
    make_model: MakeModel, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    directory, exports = make_model(), tmp_path / "exports"
    expected = by_torch(directory).score(CROWD)
    capfd.readouterr()
    scorer, events = load(directory, exports, "auto")
    assert "".join(capfd.readouterr()) == ""
    warning = events["nlp.backend_left_out"]
    assert (warning["log_level"], warning["library"]) == ("warning", "onnx")
    assert "GuardOnDataDependent" in warning["reason"]
    assert warning["reason"].isprintable()
    assert scorer.backend == "torch-cpu-float32"
    np.testing.assert_allclose(scorer.score(CROWD), expected, atol=1e-5)
    with pytest.raises(ModelError, match=rf"{directory}.*AURA_NLP_BACKEND=torch"):
        load(directory, exports)
    assert list(exports.iterdir()) == []


def test_exporting_writes_nothing_to_the_terminal_but_its_log(
    make_model: MakeModel, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    directory = make_model()
    capfd.readouterr()
    load_scorer(str(directory), backend="onnx", exports=tmp_path / "exports").score(CROWD)
    lines = "".join(capfd.readouterr()).splitlines()
    assert re.findall(r"nlp\.\w+", "\n".join(lines)) == [
        "nlp.export_started",
        "nlp.export_finished",
        "nlp.backend_chosen",
        "nlp.model_loaded",
    ]
    assert len(lines) == 4


def test_of_what_other_threads_say_while_a_graph_is_made_nothing_is_lost(
    make_model: MakeModel, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def talk() -> None:
        while not done.wait(0.01):
            get_logger("elsewhere").info("elsewhere.logged")
            sys.stderr.write("elsewhere.written\n")
            said.append(None)

    directory, done, said = make_model(), threading.Event(), []  # type: ignore[var-annotated]
    talking = threading.Thread(target=talk)
    capfd.readouterr()
    talking.start()
    try:
        load_scorer(str(directory), backend="onnx", exports=tmp_path / "exports")
    finally:
        done.set()
        talking.join()
    told = capfd.readouterr().err
    assert told.count("elsewhere.logged") == told.count("elsewhere.written") == len(said) > 20
    assert len(told.splitlines()) == 2 * len(said) + 4


@pytest.mark.parametrize("whole", [True, False])
def test_what_another_process_made_meanwhile_is_used_if_it_is_whole(
    make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    directory, exports = make_model(spread=SPREAD), tmp_path / "exports"
    reference = by_torch(directory)
    place = export_directory(exports, str(directory), reference.revision)
    make = onnx_export._make

    def make_slowly(classifier: Any, making: Path) -> dict[str, Any]:
        record = make(classifier, making)
        shutil.copytree(making, place)
        (place / "theirs").touch()
        if not whole:
            (place / "model.onnx").write_bytes(b"half a graph")
        return record

    monkeypatch.setattr(onnx_export, "_make", make_slowly)
    scorer, events = load(directory, exports)
    assert "nlp.export_damaged" not in events
    assert (place / "theirs").exists() == whole
    assert list(exports.iterdir()) == [place]
    np.testing.assert_allclose(scorer.score(CROWD), reference.score(CROWD), atol=0.02)


def test_names_that_are_no_file_names_have_a_directory_each(tmp_path: Path) -> None:
    names = ["owner/model", "/somewhere/a model", "../model", "ñandú" * 60]
    places = {export_directory(tmp_path, name, "f" * 40) for name in names}
    assert len(places) == len(names)
    for place in places:
        assert place.parent == tmp_path
        place.mkdir()
