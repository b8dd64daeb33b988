from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_engine.nlp.normalise import (
    GENERAL,
    MINI,
    ROBERTUITO,
    TWITTER_XLM,
    TextForm,
    form_for_model,
    is_wordless,
    normalise,
)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (GENERAL, "@usuario MIRA URL noooo jajajaja #Feliz 😢"),
        (TWITTER_XLM, "@user MIRA http noooo jajajaja #Feliz 😢"),
        (ROBERTUITO, "@usuario MIRA url noooo jaja hashtag Feliz emoji cara llorando emoji"),
        (MINI, "@usuario mira url noo jaja #feliz 😢"),
        (TextForm(), "@ana_99 MIRA https://a.mx/b?c=1 noooo jajajaja #Feliz 😢"),
    ],
)
def test_each_model_gets_the_form_it_was_trained_on(form: TextForm, expected: str) -> None:
    written = "@ana_99  MIRA https://a.mx/b?c=1 nooooooo jajajaja #Feliz 😢"
    if form is not MINI:
        expected = expected.replace("noooo", "nooo")
    assert normalise(written, form) == expected


def test_mail_addresses_are_not_mentions_and_doubled_letters_stay() -> None:
    assert normalise("ana@correo.mx me llamó", GENERAL) == "ana@correo.mx me llamó"


def test_digits_are_not_shortened() -> None:
    assert normalise("el 5555555", MINI) == "el 5555555"


def test_skin_tones_and_joined_emoji_fall_together() -> None:
    assert normalise("va 👍🏽", MINI) == normalise("va 👍", MINI) == "va 👍"


def test_lone_surrogates_and_control_characters_are_replaced() -> None:
    assert normalise("a\ud83d\x07b\tc\nd", GENERAL) == "a? b c\nd"


def test_composed_and_decomposed_accents_are_one_text() -> None:
    assert normalise("man\u0303ana", GENERAL) == normalise("mañana", GENERAL)


@pytest.mark.parametrize("text", ["", "  \n", "😀💔", "123", "?!", "@ana", "https://a.mx @b 😀"])
def test_a_text_without_a_letter_of_its_own_is_wordless(text: str) -> None:
    assert is_wordless(text)


@pytest.mark.parametrize("text", ["a", "sí 😀", "@ana no", "ñ", "привет"])
def test_one_letter_is_enough_to_be_read(text: str) -> None:
    assert not is_wordless(text)


def test_the_form_is_chosen_by_the_models_name() -> None:
    assert form_for_model("pysentimiento/RoBERTuito-sentiment-analysis") is ROBERTUITO
    assert form_for_model("cardiffnlp/twitter-xlm-roberta-base-sentiment") is TWITTER_XLM
    assert form_for_model("UMUTeam/roberta-spanish-sentiment-analysis") is GENERAL


@pytest.mark.parametrize("form", [GENERAL, ROBERTUITO, TWITTER_XLM, MINI])
@given(text=st.text(max_size=40))
def test_a_prepared_text_is_trimmed_printable_and_known_to_tokenizers(
    form: TextForm, text: str
) -> None:
    prepared = normalise(text, form)
    assert prepared == prepared.strip()
    assert all(c.isprintable() or c in "\n\u200d" for c in prepared)
    assert prepared.encode("utf-8").decode("utf-8") == prepared
