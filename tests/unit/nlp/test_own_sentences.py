from __future__ import annotations

from collections import Counter

import pytest

from aura_engine.demo.texts import TextPool
from training.corpora import LABELS, OWN_SENTENCES, Corpus, letters_of, read_own
from training.held_out import OWN_HELD_OUT


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read_own()


def test_own_sentences_are_many_and_distinct_in_their_letters(corpus: Corpus) -> None:
    lines = OWN_SENTENCES.read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 1500
    assert len(corpus.texts) == len(lines)
    letters = Counter(letters_of(line.split("\t")[1]) for line in lines)
    assert [copied for copied, times in letters.items() if times > 1 or not copied] == []


def test_classes_are_in_balance_as_in_a_chat(corpus: Corpus) -> None:
    count = Counter(LABELS[place] for place in corpus.classes)
    assert count["neutral"] >= 0.44 * len(corpus.texts)
    assert abs(count["negative"] - count["positive"]) <= 0.1 * count["positive"]


def test_a_third_is_held_out_of_each_class(corpus: Corpus) -> None:
    held_out = corpus.fold(OWN_HELD_OUT) == 0
    assert 0.30 <= held_out.mean() <= 0.37
    for place in range(len(LABELS)):
        assert 0.25 <= held_out[corpus.classes == place].mean() <= 0.42


def test_near_copies_are_held_out_together(corpus: Corpus) -> None:
    shouted = Corpus(tuple(f"¡{t.upper()}!" for t in corpus.texts), corpus.classes)
    assert (corpus.fold(3) == shouted.fold(3)).all()
    assert set(corpus.fold(3)) == {0, 1, 2}


@pytest.mark.parametrize("seed", [0, 42])
def test_no_text_of_the_demo_population_was_trained_on(corpus: Corpus, seed: int) -> None:
    trained = {letters_of(text) for text in corpus.texts}
    assert not trained & {letters_of(text) for text in TextPool(seed).texts}
