from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_engine.errors import ModelError
from aura_engine.nlp import TextScorer, is_reduced_revision, mini_files
from aura_engine.nlp.classifier import ClassifierScorer
from aura_engine.nlp.mini import (
    CHECKED_FILES,
    DESCRIPTION_FILE,
    MINI_DIRECTORY,
    find_mini,
    load_mini,
)
from tests.patience import PATIENCE
from training.corpora import OWN_SENTENCES

NEGATIVE = [
    "ya llevo días sin ganas de nada y me la paso sola",
    "ya no quiero ir a la escuela, me tratan mal",
    "lloré toda la tarde encerrada en mi cuarto",
    "me dejaron sola en el recreo otra vez",
    "odio mi vida",
    "no me gustó nada la película",
    "no me dio nada de gusto la noticia",
    "ya valió madres el viaje, se enfermó mi papá",
    "estoy hasta la madre de las tareas en equipo",
    "qué poca madre, se burlaron de mí",
    "me choca que me hables así",
    "la prefecta me gritó delante de todo el salón",
    "enterramos a mi tío ayer y no he podido comer",
    "nadie me quiere",
]
OTHERWISE = [
    "no estuvo nada mal la fiesta",
    "hoy no me puse triste al verlo",
    "qué chido estuvo el concierto",
    "qué padre que viniste a mi fiesta",
    "me vale si vamos en camión o a pie",
    "¿a qué hora nos vemos mañana?",
    "ya voy para la casa",
    "estamos en el salón 4",
    "mañana toca educación física",
    "gracias por ayudarme con el proyecto",
    "sacamos el primer lugar en el torneo",
    "te quiero un buen amiga",
    "la maestra dejó leer el capítulo dos",
    "no hay problema, nos vemos el lunes",
]
CHAT = [f"{text} {n}" for n in range(3) for text in [*NEGATIVE, *OTHERWISE]][:64]


def described(directory: Path) -> dict[str, Any]:
    content = (directory / DESCRIPTION_FILE).read_text(encoding="utf-8")
    return dict(json.loads(content))


@pytest.fixture(scope="module")
def onnx() -> ClassifierScorer:
    return load_mini("onnx")


@pytest.fixture(scope="module")
def torch() -> ClassifierScorer:
    return load_mini("torch")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The model's files, to be damaged."""
    return Path(shutil.copytree(MINI_DIRECTORY, tmp_path / "model"))


def grams(text: str) -> set[str]:
    plain = " ".join(text.lower().split())
    return {plain[at : at + 4] for at in range(max(1, len(plain) - 3))}


def test_no_example_is_near_to_a_sentence_that_was_written_for_training() -> None:
    lines = OWN_SENTENCES.read_text(encoding="utf-8").splitlines()
    trained = [grams(line.partition("\t")[2]) for line in lines]
    near = [
        text
        for text in [*NEGATIVE, *OTHERWISE]
        for own in map(grams, [text])
        if max(len(own & other) / len(own | other) for other in trained) > 0.6
    ]
    assert near == []


@pytest.mark.parametrize("text", NEGATIVE)
def test_what_a_person_calls_negative_is_negative(onnx: ClassifierScorer, text: str) -> None:
    assert onnx.score([text])[0] > 0.5


@pytest.mark.parametrize("text", OTHERWISE)
def test_what_a_person_calls_neutral_or_positive_is_not_negative(
    onnx: ClassifierScorer, text: str
) -> None:
    assert onnx.score([text])[0] < 0.5


def test_what_is_shipped_is_small() -> None:
    assert sum(path.stat().st_size for path in MINI_DIRECTORY.rglob("*")) <= 30_000_000


def test_the_card_says_what_the_model_is_not_and_how_it_was_measured() -> None:
    card = (MINI_DIRECTORY / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "Negativity is not risk" in card
    assert "CC BY 4.0" in card
    value, low, high = described(MINI_DIRECTORY)["measured_on_held_out_texts"]["own"][
        "negative_roc_auc"
    ]
    assert low < value < high
    assert f"{value:.3f}" in card


def test_it_is_a_scorer_that_names_itself_reduced(
    onnx: ClassifierScorer, torch: ClassifierScorer
) -> None:
    for scorer, backend in ((onnx, "onnx-cpu-float32"), (torch, "torch-cpu-float32")):
        assert isinstance(scorer, TextScorer)
        assert (scorer.name, scorer.reduced, scorer.backend) == ("aura-es-mini", True, backend)
        assert scorer.revision.startswith("aura-es-mini-")
        assert is_reduced_revision(scorer.revision)
    assert onnx.revision == torch.revision


@pytest.mark.parametrize("name", [*CHECKED_FILES, DESCRIPTION_FILE])
def test_a_missing_file_is_an_error_that_names_the_directory(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelError, match=rf"{copy} .*dañado.*{name}"):
        load_mini(directory=copy)


@pytest.mark.parametrize("name", CHECKED_FILES)
def test_a_changed_file_is_an_error_that_names_it(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ModelError, match=rf"{copy} .*dañado.*{name}"):
        load_mini(directory=copy)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '"text"', '{"sha256": {}}'])
def test_a_damaged_description_is_an_error_that_names_the_directory(
    copy: Path, content: str
) -> None:
    (copy / DESCRIPTION_FILE).write_text(content)
    with pytest.raises(ModelError, match=rf"{copy} .*dañado"):
        load_mini(directory=copy)


WRONG = {
    "version": (None, "", 1, ["1"]),
    "id2label": (
        None,
        [],
        {},
        "negative",
        {"a": "negative", "b": "positive"},
        {"0": "negative", "2": "positive"},
        {"0": "negative", "1": None},
        {"0": "neutral", "1": "positive"},
        {"0": "negative", "1": "neg"},
    ),
    "encoder": (None, [], {}, "384"),
    "sha256": (None, [], "", {"model.onnx": 1}),
}


@pytest.mark.parametrize(
    ("entry", "value"), [(entry, value) for entry, values in WRONG.items() for value in values]
)
def test_a_wrong_entry_of_the_description_is_an_error_that_names_the_directory(
    copy: Path, entry: str, value: object
) -> None:
    (copy / DESCRIPTION_FILE).write_text(json.dumps({**described(copy), entry: value}))
    with pytest.raises(ModelError, match=rf"{copy} .*dañado"):
        load_mini(directory=copy)


@pytest.mark.parametrize("wrong", [None, "x", 0, -1, 1.5, [1]])
@pytest.mark.parametrize("entry", sorted(described(MINI_DIRECTORY)["encoder"]))
def test_a_wrong_size_of_the_encoder_is_an_error_that_names_it(
    copy: Path, entry: str, wrong: object
) -> None:
    encoder = {**described(copy)["encoder"], entry: wrong}
    (copy / DESCRIPTION_FILE).write_text(json.dumps({**described(copy), "encoder": encoder}))
    with pytest.raises(ModelError, match=rf"{copy} .*dañado.*encoder\.{entry}"):
        load_mini(directory=copy)


@pytest.mark.parametrize("entry", ["version", "id2label", "encoder", "sha256"])
def test_a_missing_entry_of_the_description_is_an_error_that_names_it(
    copy: Path, entry: str
) -> None:
    left = {name: value for name, value in described(copy).items() if name != entry}
    (copy / DESCRIPTION_FILE).write_text(json.dumps(left))
    with pytest.raises(ModelError, match=rf"{copy} .*dañado.*{entry}"):
        load_mini(directory=copy)


def test_whatever_a_score_depends_on_is_part_of_the_revision(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revisions = [find_mini(copy).revision]
    assert revisions == [find_mini().revision]

    def revision_with(**changed: object) -> str:
        (copy / DESCRIPTION_FILE).write_text(json.dumps({**described(MINI_DIRECTORY), **changed}))
        return find_mini(copy).revision

    assert revision_with(measured_on_held_out_texts={}) == revisions[0]
    labels = described(copy)["id2label"]
    revisions += [
        revision_with(version="other"),
        revision_with(id2label={**labels, "0": labels["2"], "2": labels["0"]}),
        revision_with(encoder={**described(copy)["encoder"], "heads": 6}),
    ]
    assert revisions[1].startswith("aura-es-mini-other-")
    (copy / CHECKED_FILES[2]).write_bytes(b"another graph")
    digest = hashlib.sha256(b"another graph").hexdigest()
    sums = {**described(copy)["sha256"], CHECKED_FILES[2]: digest}
    revisions.append(revision_with(sha256=sums))
    monkeypatch.setattr(mini_files, "MINI", replace(mini_files.MINI, max_repeats=3))
    revisions.append(revision_with(sha256=sums))
    assert len(set(revisions)) == 6


def test_texts_without_words_have_no_score(onnx: ClassifierScorer) -> None:
    result = onnx.score(["😀😭", "", "   ", "12:30", "¡!", "@ana", "hola"])
    assert result.dtype == np.float32
    assert np.isnan(result).tolist() == [True] * 6 + [False]
    assert onnx.score([]).shape == (0,)


@pytest.mark.parametrize(
    "text", ["你好吗", "привет как дела", "привет, ¿как дела? 12", "مرحبا", "γεια σου 🙂 !!!"]
)
def test_a_text_beyond_the_vocabulary_has_no_score(onnx: ClassifierScorer, text: str) -> None:
    assert np.isnan(onnx.score([text, "hola"])).tolist() == [True, False]


@pytest.mark.parametrize("text", ["hoy me fue bien en la escuela 🫠", "no 🥲", "me dijo привет"])
def test_a_spanish_text_with_something_unknown_is_read(onnx: ClassifierScorer, text: str) -> None:
    encoder = onnx._encoder
    (piece,) = encoder.pieces([text])
    assert encoder.unknown in piece.tokens
    assert np.isfinite(onnx.score([text])).all()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([*CHAT[:6], "", "😀"]), max_size=10))
def test_each_place_has_the_score_of_its_text(onnx: ClassifierScorer, texts: list[str]) -> None:
    result = onnx.score(texts)
    distinct = list(dict.fromkeys(texts))
    np.testing.assert_array_equal(
        result, [onnx.score(distinct)[distinct.index(text)] for text in texts]
    )


def test_scores_differ_between_texts_and_lie_between_0_and_1(onnx: ClassifierScorer) -> None:
    result = onnx.score(CHAT)
    assert ((result >= 0) & (result <= 1)).all()
    assert len(set(result.tolist())) > 50


def test_the_backends_agree(onnx: ClassifierScorer, torch: ClassifierScorer) -> None:
    np.testing.assert_allclose(onnx.score(CHAT), torch.score(CHAT), atol=1e-5)


def test_a_text_scores_alone_as_in_a_batch(onnx: ClassifierScorer, torch: ClassifierScorer) -> None:
    assert len(CHAT) == 64
    for scorer in (onnx, torch):
        alone = [scorer.score([text])[0] for text in CHAT]
        np.testing.assert_allclose(scorer.score(CHAT), alone, atol=1e-5)


def test_a_text_beyond_the_window_is_the_mean_of_its_pieces_by_tokens(
    torch: ClassifierScorer,
) -> None:
    encoder = torch._encoder
    sad = "me siento muy triste y no puedo dejar de llorar. " * 40
    glad = "qué chido estuvo el concierto con todas mis amigas y amigos" * 1
    pieces = [sad.strip(), " y ".join([glad] * 10)]
    sizes = [len(encoder.tokenizer.encode(p, add_special_tokens=False).ids) for p in pieces]
    assert max(sizes) <= encoder.room < sum(sizes)
    assert 1.5 * sizes[1] < sizes[0]
    scores = torch.score(pieces)
    assert abs(scores[0] - scores[1]) > 1e-3
    assert torch.score([" ".join(pieces)])[0] == pytest.approx(
        np.average(scores, weights=sizes), abs=1e-5
    )


def test_a_new_process_needs_neither_network_nor_torch() -> None:
    code = """
import socket, sys
def refuse(*_, **__): raise OSError("no network here")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
import aura_engine.nlp.mini as mini
from aura_engine.nlp import load_scorer
mini.may_have_accelerator = lambda: False
scorer = load_scorer("aura-es-mini")
print(scorer.backend, scorer.score(["hola a todos", ""]).tolist())
print(sorted({"torch", "transformers", "onnx", "sklearn"} & sys.modules.keys()))
"""
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    score, heavy = told.stdout.splitlines()[-2:]
    assert score.startswith("onnx-cpu-float32 [0.")
    assert score.endswith(", nan]")
    assert heavy == "[]"
