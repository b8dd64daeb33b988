from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from structlog.testing import capture_logs
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from aura_engine.errors import ModelError
from aura_engine.nlp import backend_choice
from aura_engine.nlp.backend import Backend, Logits, OutOfMemory
from aura_engine.nlp.backend_choice import fastest
from aura_engine.nlp.encoding import TextEncoder
from aura_engine.nlp.probe import PROBE_TEXTS

CLOCK = [0.0]
"""What the choice takes for the time."""


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_choice, "time", SimpleNamespace(perf_counter=lambda: CLOCK[0]))


class Paced:
    """Takes its time."""

    tokens_at_once = 4096

    def __init__(self, name: str, seconds: float) -> None:
        self.name, self.seconds, self.read = name, seconds, 0

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> Logits:
        CLOCK[0] += self.seconds
        self.read += len(ids)
        return np.zeros((len(mask), ids.shape[1]), dtype=np.float32)


class Full(Paced):
    def logits(self, ids: np.ndarray, mask: np.ndarray) -> Logits:
        raise OutOfMemory(ids.shape, mask.shape)


@pytest.fixture
def encoder() -> TextEncoder:
    tokenizer = Tokenizer(WordLevel({"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3}, "<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    return TextEncoder(tokenizer, (1,), (2,), window=64, vocabulary=4, padding=0)


class Unsupported(Paced):
    """A device that lacks an operation of the model, as torch and ONNX Runtime tell it."""

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> Logits:
        del ids, mask
        raise RuntimeError("CUDA error: no kernel image is available\nCompile with TORCH_USE_CUDA")


def refused() -> Backend:
    raise ModelError("cannot be converted")


def without_its_library() -> Backend:
    raise ImportError("no such library")


def never_asked() -> Backend:
    raise AssertionError("a spare one was built although another works")


def test_the_fastest_is_chosen_and_the_log_has_each_rate(encoder: TextEncoder) -> None:
    candidates = {"a": lambda: Paced("slow", 0.05), "b": lambda: Paced("quick", 0.0)}
    with capture_logs() as events:
        assert fastest(candidates, encoder, "some-model").name == "quick"
    (event,) = events
    assert (event["event"], event["backend"]) == ("nlp.backend_chosen", "quick")
    assert event["texts_per_s"].keys() == {"slow", "quick"}
    assert 0 < event["texts_per_s"]["slow"] < event["texts_per_s"]["quick"]


def test_one_without_a_rival_is_read_with_once_and_its_rivals_would_be_twice(
    encoder: TextEncoder,
) -> None:
    alone, rivals = [Paced("a", 1.0)], [Paced("b", 1.0), Paced("c", 2.0)]
    for choice in (alone, rivals):
        fastest({paced.name: lambda p=paced: p for paced in choice}, encoder, "some-model")
    assert [paced.read for paced in alone] == [len(PROBE_TEXTS)]
    assert all(paced.read > 2 * len(PROBE_TEXTS) for paced in rivals)


def test_what_cannot_be_built_is_left_out_with_a_warning(encoder: TextEncoder) -> None:
    with capture_logs() as events:
        chosen = fastest({"a": refused, "b": lambda: Paced("slow", 0.001)}, encoder, "some-model")
    assert chosen.name == "slow"
    warning = next(event for event in events if event["event"] == "nlp.backend_left_out")
    assert (warning["log_level"], warning["library"]) == ("warning", "a")
    assert "cannot be converted" in warning["reason"]


def test_a_backend_without_room_for_the_probe_is_left_out(encoder: TextEncoder) -> None:
    full = {"a": lambda: Full("full", 0.0)}
    assert fastest({**full, "b": lambda: Paced("slow", 0.001)}, encoder, "m").name == "slow"
    with pytest.raises(ModelError, match="some-model"):
        fastest(full, encoder, "some-model")


def test_nothing_that_can_be_built_is_an_error(encoder: TextEncoder) -> None:
    with pytest.raises(ModelError, match="cannot be converted"):
        fastest({"a": refused}, encoder, "some-model")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (lambda: Unsupported("gpu", 0.0), "RuntimeError: CUDA error: no kernel image is available"),
        (without_its_library, "ImportError: no such library"),
        (lambda: Full("full", 0.0), "OutOfMemory: "),
    ],
)
def test_whatever_a_candidate_fails_with_it_is_left_out_with_its_reason_in_a_line(
    encoder: TextEncoder, broken: Callable[[], Backend], reason: str
) -> None:
    candidates = {"a": broken, "b": lambda: Paced("slow", 0.001)}
    with capture_logs() as events:
        assert fastest(candidates, encoder, "some-model").name == "slow"
    warning = next(event for event in events if event["event"] == "nlp.backend_left_out")
    assert (warning["log_level"], warning["library"]) == ("warning", "a")
    assert warning["reason"].startswith(reason)
    assert warning["reason"].isprintable()


def test_where_nothing_works_the_error_names_the_model_and_what_to_do(encoder: TextEncoder) -> None:
    with pytest.raises(ModelError, match=r"some-model.*no kernel image.*AURA_NLP_BACKEND") as told:
        fastest({"a": refused, "b": lambda: Unsupported("gpu", 0.0)}, encoder, "some-model")
    assert isinstance(told.value.__cause__, RuntimeError)


def test_spare_ones_are_built_only_if_no_other_works(encoder: TextEncoder) -> None:
    works = {"a": lambda: Paced("slow", 0.001)}
    spare = {"c": refused, "d": lambda: Paced("spare", 0.0), "e": lambda: Paced("lame", 0.05)}
    assert fastest(works, encoder, "m", {"b": never_asked}).name == "slow"
    assert fastest({"a": lambda: Unsupported("gpu", 0.0)}, encoder, "m", spare).name == "spare"
    with pytest.raises(ModelError, match="cannot be converted"):
        fastest({"a": lambda: Unsupported("gpu", 0.0)}, encoder, "m", {"c": refused})
