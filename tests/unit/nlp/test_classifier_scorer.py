from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from aura_engine.errors import ModelError
from aura_engine.nlp import classifier
from aura_engine.nlp.backend import Backend, Logits, OutOfMemory
from aura_engine.nlp.classifier import Classes, ClassifierScorer
from aura_engine.nlp.encoding import TextEncoder
from aura_engine.nlp.normalise import TextForm
from aura_engine.nlp.scorer import TextScorer

WORDS = ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "mal"]
VOCABULARY = {word: place for place, word in enumerate(["<pad>", "<s>", "</s>", "<unk>", *WORDS])}
WINDOW = 12
ROOM = WINDOW - 2
# Sums of sixteenths are exact, so that the order of a sum changes nothing.
SCORES = np.random.default_rng(5).integers(-40, 40, (len(VOCABULARY), 3)) / 16


class Table:
    """Reads a text as the mean of its tokens' own scores."""

    name = "table"

    def __init__(self, tokens_at_once: int = 4096) -> None:
        self.tokens_at_once = tokens_at_once
        self.shapes: list[tuple[int, int]] = []

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> Logits:
        self.shapes.append((ids.shape[0], ids.shape[1]))
        sums = (SCORES[ids] * mask[..., None]).sum(axis=1)
        return np.asarray(sums / mask.sum(axis=1, keepdims=True), dtype=np.float32)


class Small(Table):
    """Has room for a number of rows."""

    def __init__(self, rows: int, tokens_at_once: int = 4096) -> None:
        super().__init__(tokens_at_once)
        self.rows = rows

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> Logits:
        found = super().logits(ids, mask)
        if len(ids) > self.rows:
            raise OutOfMemory
        return found


class Choking(Table):
    """Fails, or finds no number, wherever one word is in the batch."""

    bad: ClassVar = VOCABULARY["mal"]

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> Logits:
        found = super().logits(ids, mask)
        rows = (ids == self.bad).any(axis=1)
        if self.how == "error" and rows.any():
            raise RuntimeError("unreadable")
        if self.how == "nan":
            found[rows] = np.nan
        return found


def encoder() -> TextEncoder:
    tokenizer = Tokenizer(WordLevel(VOCABULARY, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    return TextEncoder(
        tokenizer=tokenizer,
        prefix=(1,),
        suffix=(2,),
        window=WINDOW,
        vocabulary=len(VOCABULARY),
        padding=0,
    )


ENCODER = encoder()


def scorer_on(backend: Backend, classes: Classes | None = None) -> ClassifierScorer:
    return ClassifierScorer(
        "some-model",
        "1",
        encoder=ENCODER,
        backend=backend,
        classes=classes or Classes(0),
        form=TextForm(),
    )


def expected(texts: Sequence[str]) -> list[float]:
    """P(negative) by hand: softmax of each piece's mean, averaged by the pieces' tokens."""
    found = []
    for text in texts:
        words = text.split() if any(map(str.isalpha, text)) else []
        pieces = [words[at : at + ROOM] for at in range(0, len(words), ROOM)]
        parts = []
        for piece in pieces:
            scores = SCORES[[1, *(VOCABULARY[word] for word in piece), 2]].mean(axis=0)
            parts.append(np.exp(scores[0]) / np.exp(scores).sum())
        sizes = [len(piece) for piece in pieces]
        found.append(float(np.average(parts, weights=sizes)) if parts else np.nan)
    return found


def sentences(words: Sequence[str] = WORDS) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=25).map(" ".join)


GOOD = sentences(WORDS[:-1])
ANY = st.one_of(sentences(), st.sampled_from(["", " \n", "123 ?!", "😀"]))


@given(st.lists(ANY, max_size=40), st.integers(1, 200), st.integers(1, 12), st.integers(1, 60))
def test_scores_are_each_texts_own_in_order_however_texts_are_put_together(
    texts: list[str], budget: int, at_once: int, most_rows: int
) -> None:
    backend = Table(budget)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "TEXTS_AT_ONCE", at_once)
        patch.setattr(classifier, "MOST_ROWS", most_rows)
        result = scorer_on(backend).score(texts)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected(texts), atol=1e-6)
    for rows, width in backend.shapes:
        assert rows <= most_rows
        assert rows * width <= budget or rows == 1


@given(st.lists(ANY, max_size=20), st.randoms(use_true_random=False))
def test_repeated_texts_are_read_once_wherever_they_stand(texts: list[str], random: object) -> None:
    once, often = Table(), Table()
    whole = scorer_on(once).score(texts)
    places = [*range(len(texts)), *range(len(texts))]
    random.shuffle(places)  # type: ignore[attr-defined]
    again = scorer_on(often).score([texts[place] for place in places])
    np.testing.assert_allclose(again, whole[places], atol=1e-6)
    assert sum(rows for rows, _ in often.shapes) == sum(rows for rows, _ in once.shapes)


def test_thousands_of_texts_come_back_in_order_as_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "TEXTS_AT_ONCE", 7)
    texts = [" ".join([WORDS[n % 10], WORDS[n // 10 % 10], *["dos"] * (n % 9)]) for n in range(100)]
    alone = [scorer_on(Table()).score([text])[0] for text in texts]
    np.testing.assert_array_equal(scorer_on(Table()).score(texts), alone)
    assert len(set(alone)) > 50


@given(st.lists(sentences(), min_size=1, max_size=30), st.integers(1, 6))
def test_want_of_memory_changes_no_score(texts: list[str], rows: int) -> None:
    np.testing.assert_array_equal(
        scorer_on(Small(rows)).score(texts), scorer_on(Small(1000)).score(texts)
    )


def test_want_of_memory_halves_what_is_read_at_once_from_then_on() -> None:
    texts = [f"{a} {b} uno dos" for a in WORDS[:8] for b in WORDS[:8]]
    width = 6
    backend = Small(rows=40, tokens_at_once=len(texts) * width)
    scorer = scorer_on(backend)
    with capture_logs() as events:
        scorer.score(texts)
    halved = [event["tokens"] for event in events if event["event"] == "nlp.budget_halved"]
    assert halved == [32 * width]
    backend.shapes.clear()
    with capture_logs() as events:
        np.testing.assert_allclose(scorer.score(texts), expected(texts), atol=1e-6)
    assert events == []
    assert backend.shapes == [(32, width), (32, width)]


def test_each_shortage_of_one_cause_counts_once() -> None:
    texts = [f"{a} {b} {c} dos" for a in WORDS[:8] for b in WORDS[:8] for c in WORDS[:4]]
    width, rows = 6, 64
    backend = Small(rows=40, tokens_at_once=rows * width)
    scorer = scorer_on(backend)
    scorer.score(texts)
    assert backend.shapes.count((rows, width)) <= 4
    backend.shapes.clear()
    scorer.score(texts)
    assert {shape for shape, _ in backend.shapes} == {32}


def test_a_text_that_never_fits_is_an_error_and_not_a_text_without_words() -> None:
    with pytest.raises(ModelError, match=r"some-model.*OutOfMemory"):
        scorer_on(Small(rows=0)).score(["uno dos", "tres"])


@pytest.mark.parametrize("how", ["error", "nan"])
@given(st.lists(st.tuples(GOOD, st.booleans()), min_size=1, max_size=40))
def test_a_text_that_cannot_be_read_has_no_score_and_costs_no_other_its_own(
    how: str, rows: list[tuple[str, bool]]
) -> None:
    texts = [f"{text} mal" if bad else text for text, bad in rows]
    with capture_logs() as events:
        result = scorer_on(Choking(how)).score(texts)
    bad = np.array([bad for _, bad in rows])
    np.testing.assert_array_equal(np.isnan(result), bad)
    np.testing.assert_allclose(result[~bad], np.array(expected(texts))[~bad], atol=1e-6)
    unread = [event["unread"] for event in events if event["event"] == "nlp.texts_unread"]
    assert unread == ([len({t for t in texts if "mal" in t})] if bad.any() else [])


class Broken(Table):
    def __init__(self, error: Exception | None) -> None:
        super().__init__()
        self.error = error

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> Logits:
        if self.error is not None:
            raise self.error
        return super().logits(ids, mask) * np.float32(np.nan)


@pytest.mark.parametrize(
    ("error", "told"),
    [(RuntimeError("gone"), "some-model.*RuntimeError"), (None, "some-model.*no son números")],
)
def test_a_model_that_reads_nothing_is_an_error(error: Exception | None, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        scorer_on(Broken(error)).score(["uno", "dos tres"])


def test_a_failure_is_not_asked_of_a_model_without_texts() -> None:
    assert np.isnan(scorer_on(Broken(RuntimeError())).score(["", "123"])).all()
    assert scorer_on(Broken(RuntimeError())).score([]).shape == (0,)


def test_classes_judged_one_by_one_are_read_by_the_sigmoid() -> None:
    logits = np.array([[2.0, -1.0, 0.5], [-30.0, 30.0, 0.0]], dtype=np.float32)
    np.testing.assert_allclose(
        Classes(0, independent=True).p_negative(logits), 1 / (1 + np.exp([-2.0, 30.0]))
    )
    odds = np.exp(logits.astype(float))
    np.testing.assert_allclose(Classes(1).p_negative(logits), odds[:, 1] / odds.sum(axis=1))


@pytest.mark.parametrize("independent", [False, True])
@given(
    st.lists(
        st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=3, max_size=3), min_size=1
    )
)
def test_no_logit_is_too_large(independent: bool, rows: list[list[float]]) -> None:
    p = Classes(2, independent).p_negative(np.array(rows, dtype=np.float32))
    assert ((p >= 0) & (p <= 1)).all()


def test_it_says_what_it_is() -> None:
    scorer = scorer_on(Table())
    assert isinstance(scorer, TextScorer)
    assert (scorer.name, scorer.revision, scorer.backend) == ("some-model", "1", "table")
    assert not scorer.reduced


@settings(max_examples=30)
@given(st.lists(sentences(), min_size=1, max_size=8))
def test_pieces_hold_every_token_once_and_rows_are_framed_and_padded(texts: list[str]) -> None:
    pieces = ENCODER.pieces(texts)
    for place, text in enumerate(texts):
        tokens = [token for piece in pieces if piece.text == place for token in piece.tokens]
        assert tokens == [VOCABULARY[word] for word in text.split()]
    assert max(len(piece.tokens) for piece in pieces) <= ROOM
    ids, mask = ENCODER.padded(pieces)
    assert ids.shape[1] <= WINDOW
    for piece, row, read in zip(pieces, ids, mask, strict=True):
        assert row[read == 1].tolist() == [1, *piece.tokens, 2]
        assert not row[read == 0].any()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("uno dos raro", True),
        ("uno dos raro rara", False),
        ("raro", False),
        ("uno raro", False),
        ("dos ¡ raro ! ! !", True),
        ("¡ raro ! ! !", False),
    ],
)
def test_a_text_is_read_unless_half_of_it_or_all_its_words_are_unknown(
    text: str, read: bool
) -> None:
    marks = {**VOCABULARY, "¡": len(VOCABULARY), "!": len(VOCABULARY) + 1}
    tokenizer = Tokenizer(WordLevel(marks, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    plain = replace(ENCODER, tokenizer=tokenizer, vocabulary=len(marks))
    assert len(plain.pieces(["uno", text])) == 2
    aware = replace(plain, unknown=marks["<unk>"])
    assert [piece.text for piece in aware.pieces(["uno", text])] == ([0, 1] if read else [0])
