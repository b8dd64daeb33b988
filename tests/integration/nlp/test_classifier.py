from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    RobertaForSequenceClassification,
)

from aura_engine.errors import ModelError
from aura_engine.nlp import load_scorer
from aura_engine.nlp.checkpoint import find_checkpoint
from aura_engine.nlp.classifier import ClassifierScorer
from aura_engine.nlp.normalise import GENERAL
from aura_engine.nlp.torch_backend import TorchBackend
from aura_engine.nlp.transformers_loading import LoadedClassifier, load_classifier

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


def loaded(directory: Path) -> LoadedClassifier:
    return load_classifier(find_checkpoint(str(directory), None, None), None)


def scorer_of(
    classifier: LoadedClassifier, *, model: Any = None, tokens_at_once: int = 4096
) -> ClassifierScorer:
    backend = TorchBackend(classifier.model if model is None else model, torch.device("cpu"))
    backend.tokens_at_once = tokens_at_once
    return ClassifierScorer(
        "some-model",
        "1",
        encoder=classifier.encoder,
        backend=backend,
        classes=classifier.classes,
        form=GENERAL,
    )


@pytest.fixture
def scorer(make_model: MakeModel) -> ClassifierScorer:
    return scorer_of(loaded(make_model()))


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


def test_classes_judged_one_by_one_are_read_by_the_sigmoid(make_model: MakeModel) -> None:
    directory = make_model(problem_type="multi_label_classification")
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForSequenceClassification.from_pretrained(directory).eval()
    with torch.inference_mode():
        logits = model(**tokenizer(TEXTS[0], return_tensors="pt")).logits
    expected = float(torch.sigmoid(logits)[0, 0])
    assert load_scorer(str(directory)).score(TEXTS[:1])[0] == pytest.approx(expected, abs=1e-5)


def test_a_text_scores_the_same_alone_and_in_any_batch(make_model: MakeModel) -> None:
    classifier = loaded(make_model())
    crowd = [f"{text} {n}" * (1 + n % 4) for n in range(12) for text in TEXTS]
    whole = scorer_of(classifier).score(crowd)
    small = scorer_of(classifier, tokens_at_once=50).score(crowd[::-1])[::-1]
    alone = np.concatenate([scorer_of(classifier).score([text]) for text in crowd])
    np.testing.assert_allclose(small, whole, atol=1e-5)
    np.testing.assert_allclose(alone, whole, atol=1e-5)
    assert ((whole >= 0) & (whole <= 1)).all()


# The model is only read, so one for all examples will do.
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(places=st.lists(st.integers(0, 11), max_size=20))
def test_scores_follow_their_texts_into_any_order(
    scorer: ClassifierScorer, places: list[int]
) -> None:
    pool = [*TEXTS, *(f"{text} {text}" for text in TEXTS), "", "😀"]
    alone = np.array([scorer.score([text])[0] for text in pool])
    result = scorer.score([pool[place] for place in places])
    np.testing.assert_allclose(result, alone[places], atol=1e-5)


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


class CrowdedModel(torch.nn.Module):
    """A model on a device that has room for a number of rows, as torch tells it."""

    def __init__(self, model: Any, rows: int) -> None:
        super().__init__()
        self.model, self.rows = model, rows

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        if len(input_ids) > self.rows:
            raise torch.OutOfMemoryError("out of memory")
        return self.model(input_ids=input_ids, attention_mask=attention_mask)


def test_want_of_memory_makes_batches_smaller_and_changes_no_score(make_model: MakeModel) -> None:
    classifier = loaded(make_model())
    crowd = [f"{text} {n}" for n in range(6) for text in TEXTS]
    expected = scorer_of(classifier).score(crowd)
    scorer = scorer_of(classifier, model=CrowdedModel(classifier.model, rows=3))
    with capture_logs() as events:
        result = scorer.score(crowd)
    np.testing.assert_allclose(result, expected, atol=1e-5)
    assert {event["event"] for event in events} == {"nlp.budget_halved"}


def test_a_row_that_never_fits_is_an_error_and_not_a_text_without_words(
    make_model: MakeModel,
) -> None:
    classifier = loaded(make_model())
    scorer = scorer_of(classifier, model=CrowdedModel(classifier.model, rows=0))
    with pytest.raises(ModelError, match="OutOfMemory"):
        scorer.score(TEXTS)


def test_a_model_that_its_device_has_no_room_for_is_an_error(
    make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("out of memory")

    directory = make_model()
    monkeypatch.setattr(RobertaForSequenceClassification, "to", full)
    with pytest.raises(ModelError, match=rf"{directory}.*OutOfMemory"):
        load_scorer(str(directory), backend="torch")


def test_weights_that_give_no_number_are_an_error(make_model: MakeModel) -> None:
    classifier = loaded(make_model())
    with torch.no_grad():
        classifier.model.classifier.out_proj.bias[0] = torch.nan
    with pytest.raises(ModelError, match=r"some-model.*no son números"):
        scorer_of(classifier).score(TEXTS)


def test_only_a_text_beyond_the_vocabulary_has_no_score(make_model: MakeModel) -> None:
    classifier = loaded(make_model())
    expected = scorer_of(classifier).score(TEXTS)
    beyond = max(classifier.encoder.pieces([TEXTS[0]])[0].tokens)
    fewer = replace(classifier, encoder=replace(classifier.encoder, vocabulary=beyond))
    result = scorer_of(fewer).score(TEXTS)
    assert np.isnan(result[0])
    assert np.isnan(scorer_of(fewer).score(TEXTS[:1])).all()
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


def test_loading_writes_nothing_to_the_terminal_but_its_log(
    make_model: MakeModel, capfd: pytest.CaptureFixture[str]
) -> None:
    directory = make_model()
    capfd.readouterr()
    load_scorer(str(directory)).score([*TEXTS, "muy largo. " * 100])
    lines = "".join(capfd.readouterr()).splitlines()
    assert re.findall(r"nlp\.\w+", "\n".join(lines)) == ["nlp.backend_chosen", "nlp.model_loaded"]
    assert len(lines) == 2


def test_the_unknown_token_of_a_checkpoint_is_known(make_model: MakeModel) -> None:
    directory = make_model()
    encoder = loaded(directory).encoder
    assert encoder.unknown == AutoTokenizer.from_pretrained(directory).unk_token_id is not None
    (directory / "tokenizer_config.json").write_text(
        json.dumps(
            {
                **json.loads((directory / "tokenizer_config.json").read_text()),
                "unk_token": None,
                "tokenizer_class": "PreTrainedTokenizerFast",
            }
        )
    )
    assert loaded(directory).encoder.unknown is None
