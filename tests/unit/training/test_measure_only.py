"""The shipped model can be measured anew, and nothing but its figures changes."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from aura_engine.nlp.mini import CHECKED_FILES, DESCRIPTION_FILE, MINI_DIRECTORY
from training import nlp
from training.corpora import XED_FILES, Corpus, read_own
from training.held_out import Split
from training.shipped import CARD_FILE, PLOT_FILE, measure

FIGURES = "measured_on_held_out_texts"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a directory with the shipped model, without its card and plot."""
    directory = tmp_path / "model"
    directory.mkdir()
    for name in CHECKED_FILES:
        (directory / name).symlink_to(MINI_DIRECTORY / name)
    shutil.copy(MINI_DIRECTORY / DESCRIPTION_FILE, directory)
    return directory


@pytest.fixture
def xed(tmp_path: Path) -> Path:
    directory = tmp_path / "xed"
    directory.mkdir()
    for name in XED_FILES:
        (directory / name).write_text("other\n")
    return directory


@pytest.fixture(autouse=True)
def _drawing() -> Iterator[None]:
    """Draw without matplotlib, which only training needs."""
    with pytest.MonkeyPatch.context() as patch:

        class Drawing:
            @staticmethod
            def draw_reliability(curves: dict[str, object], path: Path) -> None:
                path.write_text(" ".join(curves))

        patch.setitem(sys.modules, "training.reliability", Drawing)
        yield


def described(out: Path) -> dict[str, object]:
    found = json.loads((out / DESCRIPTION_FILE).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def few(count: int) -> Corpus:
    own = read_own()
    places = [np.flatnonzero(own.classes == label)[:count] for label in range(3)]
    chosen = np.isin(np.arange(len(own.texts)), np.concatenate(places))
    return own.part(chosen)


def run(monkeypatch: pytest.MonkeyPatch, xed: Path, out: Path, *more: str) -> None:
    monkeypatch.setattr(sys, "argv", ["x", "--xed", str(xed), "--out", str(out), *more])
    nlp.main()


def test_only_figures_card_and_plot_are_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], xed: Path, out: Path
) -> None:
    corpus = few(10)
    nothing = corpus.part(np.zeros(len(corpus.texts), bool))
    texts = Split(*[nothing] * 4, xed_held_out=corpus, own_held_out=corpus, kept_out=frozenset())
    monkeypatch.setattr(nlp, "split", lambda directory: texts if directory == xed else None)
    before = described(out)
    run(monkeypatch, xed, out, "--measure-only", "--other-inputs")
    after = described(out)
    figures = after.pop(FIGURES)
    assert figures != before.pop(FIGURES)
    assert isinstance(figures, dict)
    assert figures["xed"]["texts"] == len(corpus.texts)
    assert json.dumps(after) == json.dumps(before)
    assert (out / PLOT_FILE).read_text() == "xed own"
    assert "| own sentences | 30 |" in (out / CARD_FILE).read_text(encoding="utf-8")
    assert "own: texts 30" in capsys.readouterr().out


@pytest.mark.parametrize("more", [(), ("--measure-only",)])
def test_other_files_stop_it_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    xed: Path,
    out: Path,
    more: tuple[str, ...],
) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch, xed, out, *more)
    assert "en-annotated.tsv" in capsys.readouterr().err
    assert not (out / CARD_FILE).exists()


@pytest.mark.parametrize("text", ["no puedo más " * 300, ""])
def test_a_held_out_text_of_other_than_one_piece_gives_no_figure(out: Path, text: str) -> None:
    corpus = Corpus(("hola", text), np.array([0, 1]))
    with pytest.raises(ValueError, match="other than one piece"):
        measure(out, {"own": corpus}, seed=1)


def test_training_is_imported_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "training"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert importlib.import_module("training.nlp") is not nlp
    with pytest.raises(ImportError):
        importlib.import_module("training.reliability")
