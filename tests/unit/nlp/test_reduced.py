from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from aura_engine.errors import ModelError
from aura_engine.nlp.reduced import REDUCED_DIRECTORY, ReducedScorer, calibrated, negative_log_odds
from aura_engine.nlp.scorer import TextScorer


@pytest.fixture(scope="module")
def scorer() -> ReducedScorer:
    return ReducedScorer()


@pytest.mark.parametrize(
    ("darker", "lighter"),
    [
        ("me siento muy sola últimamente", "mañana toca educación física"),
        ("ya no quiero ir a la escuela, me tratan mal", "ya voy para la casa"),
        ("qué día tan horrible", "qué chido estuvo el concierto"),
        ("no puedo dejar de llorar", "gracias por ayudarme con el proyecto"),
        ("me dejaron sola en el recreo otra vez", "sacamos el primer lugar en el torneo"),
        ("nadie me quiere", "te quiero un buen amiga"),
        ("odio mi vida", "amo mi vida"),
        ("no me gustó nada la comida", "me gustó mucho la comida"),
        ("no estoy feliz", "estoy feliz"),
        ("no fue divertido", "fue muy divertido"),
        ("ya valió madres todo", "qué padre que viniste a mi fiesta"),
        ("me choca que me hables así", "estamos en el salón 4"),
        ("el profe me regañó feo enfrente de todos", "la maestra dejó leer el capítulo dos"),
        ("mi abuela se murió y la extraño mucho", "ayer fuimos al cine con mis primos"),
        ("estoy cansado de que me griten", "¿a qué hora nos vemos mañana?"),
    ],
)
def test_a_person_would_agree_which_text_is_more_negative(
    scorer: ReducedScorer, darker: str, lighter: str
) -> None:
    p_darker, p_lighter = scorer.score([darker, lighter])
    assert p_darker > p_lighter + 0.1


def test_everyday_chat_is_not_negative(scorer: ReducedScorer) -> None:
    chat = ["¿a qué hora nos vemos mañana?", "ya voy para la casa", "estamos en el salón 4"]
    assert (scorer.score(chat) < 0.5).all()


def test_texts_without_words_have_no_score(scorer: ReducedScorer) -> None:
    result = scorer.score(["😀😭", "", "   ", "12:30", "¡!", "@ana", "hola"])
    assert np.isnan(result).tolist() == [True] * 6 + [False]


def test_a_text_scores_the_same_bits_alone_and_in_any_crowd(scorer: ReducedScorer) -> None:
    crowd = [f"me siento mal el día {n}" for n in range(5000)]
    whole = scorer.score(crowd)
    assert whole.dtype == np.float32
    assert ((whole >= 0) & (whole <= 1)).all()
    np.testing.assert_array_equal(ReducedScorer().score(crowd[::-1])[::-1], whole)
    np.testing.assert_array_equal([scorer.score([text])[0] for text in crowd[:20]], whole[:20])


def test_five_thousand_short_texts_take_a_second_or_so(scorer: ReducedScorer) -> None:
    texts = [f"hoy salí con mis amigos al parque número {n}" for n in range(5000)]
    # The fastest of three, and twice the aim: other work may share the machine.
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        scorer.score(texts)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 2.0


def test_it_is_a_scorer_that_names_itself_reduced(scorer: ReducedScorer) -> None:
    assert isinstance(scorer, TextScorer)
    assert (scorer.name, scorer.reduced) == ("reducido", True)


def test_the_shipped_weights_are_small_and_their_card_says_what_they_are_not() -> None:
    assert (REDUCED_DIRECTORY / "weights.npz").stat().st_size <= 3_000_000
    card = (REDUCED_DIRECTORY / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "Negativity is not risk" in card
    assert "CC BY 4.0" in card
    described = json.loads((REDUCED_DIRECTORY / "model.json").read_text(encoding="utf-8"))
    value, low, high = described["measured_on_held_out_texts"]["own"]["negative_roc_auc"]
    assert low < value < high
    assert f"{value:.3f}" in card


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    copy = tmp_path / "model"
    shutil.copytree(REDUCED_DIRECTORY, copy)
    weights = bytearray((copy / "weights.npz").read_bytes())
    weights[len(weights) // 2] ^= 1
    (copy / "weights.npz").write_bytes(weights)
    with pytest.raises(ModelError, match="dañado"):
        ReducedScorer(copy)


def test_an_absent_model_is_an_error_that_names_its_directory(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=str(tmp_path)):
        ReducedScorer(tmp_path)


def test_calibration_keeps_the_order_and_is_the_softmax_when_it_changes_nothing() -> None:
    scores = np.array([[2.0, 0.5, -1.0], [0.0, 0.0, 0.0], [-40.0, 30.0, 1.0]])
    softmax = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(calibrated(scores, 0, 1.0, 0.0), softmax[:, 0], atol=1e-12)
    sloped = calibrated(scores, 0, 0.4, 1.0)
    assert np.argsort(sloped).tolist() == np.argsort(negative_log_odds(scores, 0)).tolist()
    with pytest.raises(ModelError):
        calibrated(scores, 0, -1.0, 0.0)
