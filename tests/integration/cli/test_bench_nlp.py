"""The benchmark of reading texts, at a reduced size."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from aura_engine.nlp import REDUCED_MODEL, backend_choice
from aura_engine.nlp.normalise import GENERAL, MINI, TextForm, normalise
from benchmarks import nlp, nlp_readers, nlp_reading, nlp_rerun
from benchmarks.measuring import Measured, Timed, measure
from benchmarks.nlp_subjects import Subject, parts_of, sample_texts

KEYS = {
    "speedup_vs_single",
    "speedup_vs_pipeline32",
    "max_abs_diff",
    "max_abs_diff_float32",
    "texts_per_s",
    "tokens_per_s",
    "share_of_ceiling",
    "share_tokenising",
    "growth_mb_4x",
    "second_run_model_calls",
}
TINY = ["nlp", "--texts", "24", "--rounds", "1", "--layers", "2", "--hidden", "64"]
FLOAT32, INT8 = 1e-4, 0.05


def _peak_before_and_after_forgetting() -> tuple[float, float]:
    held = bytearray(b"x") * (100 << 20)
    before = nlp_readers.peak_mb()
    del held
    nlp_readers.forget_peak()
    return before, nlp_readers.peak_mb()


class Reader:
    """Reads at once, and says what it was given."""

    name, revision, reduced, backend = "any", "any-1", True, "any"

    def __init__(self) -> None:
        self.given: list[list[str]] = []

    def score(self, texts: Sequence[str]) -> np.ndarray:
        self.given.append(list(texts))
        return np.full(len(texts), 0.5)


def measured_here(work: Callable[..., Any], *arguments: Any) -> Measured:
    """Stand in for processes of their own, each of which imports torch for seconds."""
    timed = work(*arguments)
    return Measured(timed.seconds, 100.0, timed.result)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(nlp_reading, "measure", measured_here)
    monkeypatch.setattr(nlp, "texts_given", lambda _users: [321, 0])
    monkeypatch.setattr(nlp_readers, "PASSES", 2)
    monkeypatch.setattr(nlp_readers, "WARM_UP", 2)
    monkeypatch.setattr(backend_choice, "PROBE_TEXTS", ("hola a todos", "no quiero ir"))
    for module in (nlp, nlp_reading):
        monkeypatch.setattr(module, "EXACT_TEXTS", 8)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("model", [None, REDUCED_MODEL])
def test_ways_of_reading_the_same_texts_are_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], model: str | None
) -> None:
    monkeypatch.setattr("sys.argv", [*TINY, *(["--model", model] if model else [])])
    nlp.main()
    told = capsys.readouterr()
    *table, last = told.out.splitlines()
    figures = json.loads(last)
    assert set(figures) == KEYS
    assert (figures["speedup_vs_pipeline32"] is None) == (model is not None)
    assert figures["speedup_vs_single"] > 0
    assert 0 < figures["texts_per_s"] < figures["tokens_per_s"]
    assert 0 <= figures["max_abs_diff_float32"] <= nlp_reading.MOST_ROUNDING
    assert figures["max_abs_diff"] <= (FLOAT32 if model else INT8)
    assert figures["second_run_model_calls"] == 0
    if not torch.cuda.is_available():
        assert figures["share_of_ceiling"] is None
    assert any("24 texts" in line for line in table)
    assert table[-1].endswith("321, 0")
    assert told.err == ""


def test_texts_that_the_next_run_reads_again_end_it_after_the_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(nlp, "texts_given", lambda _users: [321, 7])
    monkeypatch.setattr(nlp, "read", lambda *_: None)
    monkeypatch.setattr(nlp, "_print_table", lambda _: None)
    monkeypatch.setattr(nlp, "figures", lambda _: {"texts_per_s": 1.5})
    monkeypatch.setattr("sys.argv", [*TINY, "--model", REDUCED_MODEL])
    with pytest.raises(RuntimeError, match="7 texts again"):
        nlp.main()
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {
        "texts_per_s": 1.5,
        "second_run_model_calls": 7,
    }


def test_ours_is_timed_on_its_first_reading_of_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader()
    clock = iter([10.0, 13.0])  # it is asked twice, around that reading
    monkeypatch.setattr(nlp_readers, "load_scorer", lambda *_, **__: reader)
    monkeypatch.setattr(nlp_readers, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    monkeypatch.setattr(nlp_readers, "PASSES", 4)
    peaks = iter([100.0, 101.0, 102.0, 105.0])
    monkeypatch.setattr(nlp_readers, "peak_mb", lambda: next(peaks))
    timed = nlp_readers.ours(Subject(REDUCED_MODEL, nlp_readers.STATUS), ["a", "b", "c"])
    assert timed.seconds == 3.0
    assert reader.given == [["a", "b"], *[["a", "b", "c"]] * 4]
    assert (timed.result["peak_mb"], timed.result["growth_mb"]) == (100.0, 5.0)


def test_float32_that_differs_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(subject: Subject, texts: list[str]) -> Timed:
        return Timed(1.0, [0.5] * len(texts))

    monkeypatch.setattr(nlp_reading, "single", other)
    monkeypatch.setattr(nlp_reading, "ours", other)
    monkeypatch.setattr("sys.argv", [*TINY, "--model", REDUCED_MODEL])
    with pytest.raises(RuntimeError, match="float32 is"):
        nlp.main()


@pytest.mark.parametrize("form", [GENERAL, MINI])
def test_texts_are_distinct_prepared_and_the_same_each_time(form: TextForm) -> None:
    texts = sample_texts(1_000, form)
    assert len(set(texts)) == 1_000
    assert texts == [normalise(text, form) for text in texts]
    assert texts[:50] == sample_texts(50, form)
    words = np.array([len(text.split()) for text in texts])
    assert 9 < words.mean() < 16
    assert words.max() > 60


def test_texts_of_the_shipped_model_are_as_long_as_they_are_said_to_be() -> None:
    subject = Subject(REDUCED_MODEL, nlp_readers.STATUS)
    pieces = parts_of(subject).encoder.pieces(sample_texts(2_000, subject.form))
    lengths = np.array([len(piece.tokens) + 2 for piece in pieces])
    assert 18 < lengths.mean() < 20
    assert 120 <= lengths.max() <= 140


def test_a_second_run_gives_the_model_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader()
    monkeypatch.setattr(nlp_rerun, "HISTORY", timedelta(days=4))
    monkeypatch.setattr(nlp_rerun, "load_scorer", lambda _name: reader)
    first, second = nlp_rerun.texts_given(100)
    assert sum(map(len, reader.given)) == first
    assert first > 50
    assert second == 0


@pytest.mark.skipif(not nlp_readers.STATUS.exists(), reason="the peak begins anew in /proc only")
def test_the_peak_is_what_was_held_since_it_was_forgotten() -> None:
    before, after = measure(_peak_before_and_after_forgetting).result
    assert after < before - 80


@pytest.mark.parametrize(("platform", "counted"), [("darwin", 300 << 20), ("linux", 300 << 10)])
def test_where_there_is_no_proc_the_peak_is_in_the_units_of_the_system(
    monkeypatch: pytest.MonkeyPatch, platform: str, counted: int
) -> None:
    monkeypatch.setattr(nlp_readers, "STATUS", nlp_readers.STATUS.with_name("no-such-file"))
    monkeypatch.setattr(sys, "platform", platform)
    usage = SimpleNamespace(ru_maxrss=counted)
    monkeypatch.setattr(nlp_readers.resource, "getrusage", lambda _who: usage)
    assert nlp_readers.peak_mb() == 300
