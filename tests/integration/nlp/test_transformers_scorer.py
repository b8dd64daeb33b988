from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from aura_engine.errors import ModelError
from aura_engine.nlp import load_scorer
from aura_engine.nlp.checkpoint import find_checkpoint
from aura_engine.nlp.transformers_scorer import TransformersScorer

MakeModel = Callable[..., Path]
TEXTS = [
    "Me siento triste",
    "¿A qué hora nos vemos mañana?",
    "Hoy fue un buen día con mis amigos",
    "no",
    "Otra vez me dejaron en visto 😢",
]


def direct_p_negative(directory: Path, text: str, negative: int = 0) -> float:
    """P(negative) as transformers itself gives it, one text a call."""
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForSequenceClassification.from_pretrained(directory).eval()
    with torch.inference_mode():
        logits = model(**tokenizer(text, return_tensors="pt")).logits
    return float(torch.softmax(logits, -1)[0, negative])


@pytest.mark.parametrize(
    ("labels", "negative"),
    [
        (("negative", "neutral", "positive"), 0),
        (("POS", "NEU", "NEG"), 2),
        (("Positivo", "Negativo"), 1),
    ],
)
def test_the_negative_class_is_found_by_its_name(
    make_model: MakeModel, labels: tuple[str, ...], negative: int
) -> None:
    directory = make_model(labels)
    scorer = load_scorer(str(directory))
    expected = [direct_p_negative(directory, text, negative) for text in TEXTS]
    np.testing.assert_allclose(scorer.score(TEXTS), expected, atol=1e-5)
    assert np.ptp(expected) > 0.01
    assert not scorer.reduced


def test_nameless_labels_need_the_setting_and_obey_it(make_model: MakeModel) -> None:
    directory = make_model(("LABEL_0", "LABEL_1", "LABEL_2"))
    with pytest.raises(ModelError, match=r"LABEL_0, LABEL_1, LABEL_2.*AURA_NLP_NEGATIVE_LABEL"):
        load_scorer(str(directory))
    with pytest.raises(ModelError, match="LABEL_7"):
        load_scorer(str(directory), negative_label="LABEL_7")
    scorer = load_scorer(str(directory), negative_label="LABEL_2")
    expected = direct_p_negative(directory, TEXTS[0], 2)
    assert scorer.score(TEXTS[:1])[0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    "labels", [("joy", "anger"), ("negative", "NEG", "positive"), ("negative",)]
)
def test_other_labels_are_refused_with_the_model_and_its_labels_named(
    make_model: MakeModel, labels: tuple[str, ...]
) -> None:
    directory = make_model(labels)
    with pytest.raises(ModelError) as refused:
        load_scorer(str(directory), negative_label="LABEL_0")
    assert str(directory) in str(refused.value)
    assert ", ".join(labels) in str(refused.value)
    assert "NLP_MODEL_NAME" in str(refused.value)


def test_wordless_texts_are_nan_and_results_keep_the_order_of_the_texts(
    make_model: MakeModel,
) -> None:
    scorer = load_scorer(str(make_model()))
    mixed = ["", TEXTS[2], "😀😀", TEXTS[0], " \n", "1234 !!", TEXTS[2], "@ana https://a.mx/b"]
    result = scorer.score(mixed)
    assert result.dtype == np.float32
    assert np.isnan(result).tolist() == [True, False, True, False, True, True, False, True]
    alone = [scorer.score([text])[0] for text in (TEXTS[2], TEXTS[0], TEXTS[2])]
    np.testing.assert_allclose(result[[1, 3, 6]], alone, atol=1e-5)
    assert scorer.score([]).shape == (0,)


def test_a_text_scores_the_same_alone_and_in_any_batch(make_model: MakeModel) -> None:
    checkpoint = find_checkpoint(str(make_model()), None, None)
    crowd = [f"{text} {n}" * (1 + n % 4) for n in range(12) for text in TEXTS]
    whole = TransformersScorer.load(checkpoint).score(crowd)
    small = TransformersScorer.load(checkpoint, tokens_at_once=50).score(crowd[::-1])[::-1]
    alone = np.concatenate([TransformersScorer.load(checkpoint).score([t]) for t in crowd[:10]])
    np.testing.assert_allclose(small, whole, atol=1e-5)
    np.testing.assert_allclose(alone, whole[:10], atol=1e-5)
    assert ((whole >= 0) & (whole <= 1)).all()


def test_a_long_text_is_the_mean_of_its_sentences_weighted_by_tokens(
    make_model: MakeModel,
) -> None:
    directory = make_model()
    scorer = load_scorer(str(directory))
    tokenizer = AutoTokenizer.from_pretrained(directory)
    sentences = ["Me siento triste y muy cansada.", " Hoy fue un buen día con mis"]
    sizes = [len(tokenizer(s, add_special_tokens=False)["input_ids"]) for s in sentences]
    assert max(sizes) <= 30 < sum(sizes)
    expected = np.average([direct_p_negative(directory, s) for s in sentences], weights=sizes)
    assert scorer.score(["".join(sentences)])[0] == pytest.approx(expected, abs=1e-5)


def test_one_bad_text_does_not_sink_its_batch(make_model: MakeModel) -> None:
    scorer = load_scorer(str(make_model()))
    bad = ["\ud83d hola", "x" * 20_000, "hola\x00\x07", "ᚠᚢᚦ " * 50]
    result = scorer.score([*bad, TEXTS[0]])
    assert np.isfinite(result).all()
    assert result[-1] == pytest.approx(float(scorer.score(TEXTS[:1])[0]), abs=1e-5)


class CrowdedModel:
    """A model on a device whose memory others have taken: it reads only on the CPU."""

    def __init__(self, model: Any, cpu_has_room: bool) -> None:
        self.model, self.cpu_has_room = model, cpu_has_room
        self.places = ["meta"]

    def to(self, device: torch.device) -> None:
        self.places.append(device.type)

    def __call__(self, **inputs: torch.Tensor) -> Any:
        if self.places[-1] != "cpu" or not self.cpu_has_room:
            raise torch.OutOfMemoryError("out of memory")
        return self.model(**inputs)


def crowd(scorer: TransformersScorer, *, cpu_has_room: bool) -> CrowdedModel:
    model = CrowdedModel(scorer._classifier.model, cpu_has_room)
    scorer._classifier = replace(scorer._classifier, model=model, device=torch.device("meta"))
    return model


def test_a_row_that_its_device_has_no_room_for_is_read_on_the_cpu(make_model: MakeModel) -> None:
    scorer = TransformersScorer.load(find_checkpoint(str(make_model()), None, None))
    expected = scorer.score(TEXTS)
    model = crowd(scorer, cpu_has_room=True)
    np.testing.assert_allclose(scorer.score(TEXTS), expected, atol=1e-5)
    assert model.places == ["meta", *["cpu", "meta"] * len(TEXTS)]


def test_a_row_that_fails_on_the_cpu_too_is_an_error_and_not_a_text_without_words(
    make_model: MakeModel,
) -> None:
    scorer = TransformersScorer.load(find_checkpoint(str(make_model()), None, None))
    crowd(scorer, cpu_has_room=False)
    with pytest.raises(ModelError, match="OutOfMemoryError"):
        scorer.score(TEXTS)


def test_weights_that_give_no_number_are_an_error(make_model: MakeModel) -> None:
    directory = make_model()
    scorer = TransformersScorer.load(find_checkpoint(str(directory), None, None))
    with torch.no_grad():
        scorer._classifier.model.classifier.out_proj.bias[0] = torch.nan
    with pytest.raises(ModelError, match=str(directory)):
        scorer.score(TEXTS)


def test_only_a_text_beyond_the_vocabulary_has_no_score(make_model: MakeModel) -> None:
    scorer = TransformersScorer.load(find_checkpoint(str(make_model()), None, None))
    expected = scorer.score(TEXTS)
    beyond = max(scorer._pieces([TEXTS[0]])[0].tokens)
    scorer._classifier = replace(scorer._classifier, vocabulary=beyond)
    result = scorer.score(TEXTS)
    assert np.isnan(result[0])
    assert np.isnan(scorer.score(TEXTS[:1])).all()
    read = ~np.isnan(result)
    assert read.any()
    np.testing.assert_allclose(result[read], expected[read], atol=1e-5)


def test_two_weights_never_share_a_revision(make_model: MakeModel) -> None:
    first, second = make_model(seed=0, name="a"), make_model(seed=1, name="b")
    twin = first.with_name("twin")
    shutil.copytree(first, twin)
    revisions = [load_scorer(str(path)).revision for path in (first, second, twin)]
    assert revisions[0] == revisions[2] != revisions[1]


def test_missing_weights_are_an_error_that_names_the_model(make_model: MakeModel) -> None:
    directory = make_model()
    (directory / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=rf"{directory}.*model\.safetensors"):
        load_scorer(str(directory))


def test_cut_off_weights_are_an_error(make_model: MakeModel) -> None:
    directory = make_model()
    weights = directory / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ModelError, match="no se puede cargar"):
        load_scorer(str(directory))


def test_a_model_without_a_trained_head_is_refused(make_model: MakeModel) -> None:
    directory = make_model()
    encoder = AutoModelForSequenceClassification.from_pretrained(directory).roberta
    encoder.save_pretrained(directory)
    config = json.loads((directory / "config.json").read_text())
    config["id2label"] = {"0": "negative", "1": "positive"}
    (directory / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="al azar"):
        load_scorer(str(directory))


def test_a_damaged_tokenizer_is_an_error_that_names_the_model(make_model: MakeModel) -> None:
    directory = make_model()
    (directory / "tokenizer.json").write_text('{"version": "1.0"')
    with pytest.raises(ModelError, match=rf"tokenizador.*{directory}"):
        load_scorer(str(directory))


def test_a_tokenizer_of_another_model_is_refused(make_model: MakeModel) -> None:
    directory = make_model()
    described = json.loads((directory / "tokenizer.json").read_text())
    for token in described["added_tokens"]:
        if token["content"] == "</s>":
            token["id"] = 4321
    described["model"]["vocab"]["</s>"] = 4321
    described["post_processor"]["sep"][1] = 4321
    (directory / "tokenizer.json").write_text(json.dumps(described))
    with pytest.raises(ModelError, match=r"tokenizador.*4321"):
        load_scorer(str(directory))


def test_loading_writes_nothing_to_the_terminal(
    make_model: MakeModel, capfd: pytest.CaptureFixture[str]
) -> None:
    directory = make_model()
    capfd.readouterr()
    checkpoint = find_checkpoint(str(directory), None, None)
    TransformersScorer.load(checkpoint).score([*TEXTS, "muy largo. " * 100])
    captured = capfd.readouterr()
    assert "nlp.model_loaded" in captured.out + captured.err
    assert len((captured.out + captured.err).splitlines()) == 1
