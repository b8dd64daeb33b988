from __future__ import annotations

from collections import Counter

import pytest

from aura_engine.demo.texts import TextPool
from training.corpora import LABELS, OWN_SENTENCES, letters_of, read_own


def test_own_sentences_are_distinct_and_of_known_classes_in_balance() -> None:
    lines = OWN_SENTENCES.read_text(encoding="utf-8").splitlines()
    corpus = read_own()
    assert len(corpus.texts) == len(lines)
    shares = Counter(LABELS[place] for place in corpus.classes)
    assert min(shares.values()) > 0.25 * len(lines)


def test_near_copies_are_held_out_together() -> None:
    corpus = read_own()
    shouted = type(corpus)(tuple(f"¡{t.upper()}!" for t in corpus.texts), corpus.classes)
    assert (corpus.fold(3) == shouted.fold(3)).all()
    assert set(corpus.fold(3)) == {0, 1, 2}


@pytest.mark.parametrize("seed", [0, 42])
def test_no_text_of_the_demo_population_was_trained_on(seed: int) -> None:
    trained = {letters_of(text) for text in read_own().texts}
    assert not trained & {letters_of(text) for text in TextPool(seed).texts}
