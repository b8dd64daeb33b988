"""What the shipped model is measured on has nothing of what it has learnt from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training import held_out
from training.corpora import Corpus, letters_of
from training.held_out import OWN_HELD_OUT, XED_HELD_OUT, Split, split

ANGER, JOY, SURPRISE = 1, 5, 7
WriteXed = Callable[..., Path]


def in_fold(zero: bool, folds: int, stem: str) -> str:
    """Return a sentence that is held out, or one that is not."""
    for number in range(100):
        text = f"{stem} {number}"
        if (Corpus((text,), np.array([0])).fold(folds)[0] == 0) == zero:
            return text
    raise AssertionError


@pytest.fixture
def write_xed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteXed:
    """Write a directory of XED's four files and our own sentences beside it."""

    def write(
        spanish: list[tuple[str, int]],
        own: list[tuple[str, str]],
        english: list[tuple[str, int]],
        pairs: list[tuple[str, str]],
    ) -> Path:
        def lines(name: str, rows: list[str]) -> None:
            (tmp_path / name).write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")

        lines("es-projections.tsv", [f"{text}\t{emotion}" for text, emotion in spanish])
        lines("en-annotated.tsv", [f"{text}\t{emotion}" for text, emotion in english])
        lines("neu_en.txt", ["0\tThe door is open."])
        lines("pairs-es.txt", ["\t".join([*"abcd", *pair]) for pair in pairs])
        lines("own-es.tsv", [f"{label}\t{text}" for label, text in own])
        monkeypatch.setattr("training.corpora.OWN_SENTENCES", tmp_path / "own-es.tsv")
        return tmp_path

    return write


def letters(*corpora: Corpus) -> set[str]:
    return {letters_of(text) for corpus in corpora for text in corpus.texts}


def learnt(found: Split) -> set[str]:
    return letters(found.own, found.xed, found.unsure, found.english)


def test_a_copy_of_a_text_of_any_corpus_is_not_measured_on(write_xed: WriteXed) -> None:
    xed_out = [in_fold(True, XED_HELD_OUT, stem) for stem in ("odio", "rabia", "no", "furia")]
    own_out = [in_fold(True, OWN_HELD_OUT, stem) for stem in ("lunes", "tarea", "clase", "ok")]
    of_own, of_unsure, of_english, alone = xed_out
    own_of_xed, own_of_unsure, own_of_english, own_alone = own_out
    if Corpus((of_own,), np.array([0])).fold(OWN_HELD_OUT)[0] == 0:
        pytest.fail("choose another stem: this one is held out of both corpora")
    directory = write_xed(
        spanish=[
            *((f"{text}.", ANGER) for text in xed_out),
            (f"¡{of_unsure}!", SURPRISE),
            (f"¡{own_of_unsure}!", SURPRISE),
            (f"¡{in_fold(False, XED_HELD_OUT, 'risa')}!", JOY),
            (own_of_xed.upper(), JOY),
        ],
        own=[
            ("negative", f"{of_own} 😡"),
            ("positive", in_fold(False, OWN_HELD_OUT, "fiesta")),
            *(("neutral", text) for text in own_out),
        ],
        english=[(f"{of_english}!", ANGER), (f"{own_of_english}!", JOY)],
        pairs=[("Hate.", "Otra cosa.")],
    )
    found = split(directory)
    assert letters(found.xed_held_out) == letters(Corpus((alone,), np.array([0])))
    assert own_alone in found.own_held_out.texts
    assert not {own_of_unsure, own_of_english} & set(found.own_held_out.texts)
    assert not letters(found.xed_held_out, found.own_held_out) & learnt(found)


def test_what_is_learnt_does_not_depend_on_what_is_measured(
    write_xed: WriteXed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copies leave the measured part alone: the weights were trained on the others as they are."""
    copied, alone = (in_fold(True, XED_HELD_OUT, stem) for stem in ("odio", "furia"))
    directory = write_xed(
        spanish=[(copied, ANGER), (alone, ANGER), (f"{copied}!", SURPRISE), ("jaja qué risa", JOY)],
        own=[("neutral", f"mesa {number}") for number in range(9)],
        english=[("I hate it.", ANGER), ("So glad.", JOY)],
        pairs=[("I hate it.", copied), ("So what.", alone)],
    )
    found = split(directory)
    monkeypatch.setattr(held_out, "_without", lambda corpus, _letters: corpus)
    former = split(directory)
    assert learnt(found) == learnt(former)
    assert found.kept_out == former.kept_out == letters(former.xed_held_out)
    assert set(former.xed_held_out.texts) - set(found.xed_held_out.texts) == {copied}
    # An original of a line that was only dropped from the measured part stays out as well.
    assert "ihateit" not in learnt(found)
