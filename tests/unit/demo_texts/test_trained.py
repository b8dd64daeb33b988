"""The demo says nothing that the shipped language model was trained on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from aura_engine.demo.texts import TextPool
from aura_engine.demo.texts.trained import BYTES, FILE, fingerprint, is_trained
from training import trained_lines
from training.corpora import read_own

LINES_OF_XED = ("Ok.", "Supongo que no.")
NEAR_COPIES = ("ok 😐😐", "¡SUPONGO QUE NO!", "supongo  que no..")


@pytest.mark.parametrize("seed", [0, 5, 11, 42])
def test_no_text_of_the_whole_pool_was_trained_on(seed: int) -> None:
    assert [text for text in TextPool(seed).texts if is_trained(text)] == []


@pytest.mark.parametrize("text", [*LINES_OF_XED, *NEAR_COPIES])
def test_lines_of_the_corpora_and_their_near_copies_are_known(text: str) -> None:
    assert is_trained(text)


def test_our_own_sentences_are_known() -> None:
    assert all(map(is_trained, read_own().texts))


@pytest.mark.parametrize("text", ["supongo que sí", "", "😐", "...", "ok, como gusten"])
def test_other_texts_are_not(text: str) -> None:
    assert not is_trained(text)


def test_the_file_is_small_and_in_order() -> None:
    stored = trained_lines.OUT.read_bytes()
    lines = [stored[at : at + BYTES] for at in range(0, len(stored), BYTES)]
    assert 10_000 < len(lines) < 15_000
    assert lines == sorted(set(lines))
    assert len(stored) < 100_000


def test_the_file_is_written_from_the_corpora(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Negative, mixed (left out) and unsure lines; one that was called neutral in English."""
    (tmp_path / "es-projections.tsv").write_text("Qué asco.\t3\nNi fu.\t1, 5\nMañana.\t2\n")
    (tmp_path / "neu_en.txt").write_text("0\tThe door is open.\n")
    pair = ["x"] * 4 + ["The door is open.", "La puerta está abierta."]
    (tmp_path / "pairs-es.txt").write_text("\t".join(pair) + "\n")
    out = tmp_path / FILE
    monkeypatch.setattr(sys, "argv", ["x", "--xed", str(tmp_path), "--out", str(out)])
    trained_lines.main()
    stored = out.read_bytes()
    written = {stored[at : at + BYTES] for at in range(0, len(stored), BYTES)}
    own = {fingerprint(text) for text in read_own().texts}
    ours = ("qué asco", "mañana", "la puerta está abierta")
    assert written == own | {fingerprint(text) for text in ours}
    assert f"{len(written)} lines" in capsys.readouterr().out
