from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_engine.domain import KPI_COLUMNS
from aura_ui import formats

ZONE = ZoneInfo("America/Mexico_City")
NOW = datetime(2026, 11, 4, 3, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.2, "0"), (-0.4, "0"), (3, "+3"), (-5, "−5"), (1234, "+1,234"), (-1234, "−1,234")],
)
def test_a_change_has_a_true_minus_and_nothing_has_no_sign(value, text):
    assert formats.signed(value) == text


def test_a_change_may_have_decimals():
    assert formats.signed(-0.06, 1) == "−0.1"
    assert formats.signed(0.04, 1) == "0"


def test_numbers_are_grouped_and_shares_have_one_decimal():
    assert formats.whole(12345.4) == "12,345"
    assert formats.percent(12.34) == "12.3 %"
    assert formats.percent(None) == "–"


def test_a_moment_is_told_in_the_readers_zone():
    assert formats.moment(NOW, ZONE) == "mar 3 nov, 21:40"


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(0), "ahora"),
        (timedelta(seconds=-3), "ahora"),
        (timedelta(seconds=40), "hace 40 s"),
        (timedelta(minutes=12, seconds=59), "hace 12 min"),
        (timedelta(hours=23, minutes=59), "hace 23 h"),
        (timedelta(days=1), "lun 2 nov, 21:40"),
    ],
)
def test_times_are_relative_under_a_day(passed, text):
    assert formats.ago(NOW - passed, NOW, ZONE) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "60 s"), (61, "1 min 01 s"), (3_725, "1 h 02 min")],
)
def test_a_duration_is_told_as_people_say_it(value, text):
    assert formats.seconds(value) == text


def test_a_kpi_is_told_with_the_usual_beside_it():
    night = formats.kpi_phrase("ratio_night_messages", 0.41, 0.06)
    assert night == "41 % de sus mensajes son de madrugada (habitual: 6 %)"
    assert formats.kpi_phrase("days_since_last_seen", 23.4, 2.1).startswith("23 días sin actividad")
    assert "Sigue a 42 por" in formats.kpi_phrase("reciprocity_ratio", 42, 0.55)


def test_what_was_not_observed_is_not_told_as_zero():
    for column in KPI_COLUMNS:
        said = formats.kpi_phrase(column, None, 0.3)
        assert "sin observar" in said
        assert not any(character.isdigit() for character in said)
        assert formats.kpi_value(column, None) == "–"


def test_words_stand_where_a_number_would_say_nothing():
    assert formats.kpi_phrase("is_profile_incomplete", 1.0, 0.0) == "No ha completado su perfil"
    assert formats.kpi_phrase("is_profile_incomplete", 0.0, 0.0) == "Tiene su perfil completo"
    assert "último día" in formats.kpi_phrase("days_since_last_seen", 0.3, 2.0)


@given(column=st.sampled_from(KPI_COLUMNS), value=st.floats(0, 400), usual=st.floats(0, 400))
def test_every_kpi_can_be_told_whatever_its_value(column, value, usual):
    said = formats.kpi_phrase(column, value, usual)
    assert said
    assert "{" not in said


def test_what_is_usual_for_the_person_stands_beside_what_is_for_everyone():
    said = formats.kpi_phrase("ratio_night_messages", 0.41, 0.06, 0.12)
    assert (
        said
        == "41 % de sus mensajes son de madrugada (habitual: 6 % en todos, 12 % en esta persona)"
    )


def test_what_is_usual_is_not_said_of_what_looks_the_same():
    said = formats.kpi_short("sentiment_negativity_index", 0.334, 0.211)
    assert said == "tono negativo 0.33 (habitual: 0.21)"
    assert formats.kpi_short("sentiment_negativity_index", 0.334, 0.329) == "tono negativo 0.33"


def test_one_is_said_in_the_singular():
    one = formats.kpi_short("num_community_categories", 1.0, 3.0)
    assert one == "1 tipo de comunidad (habitual: 3)"
    none = formats.kpi_short("num_community_categories", 0.0, 3.0)
    assert none == "0 tipos de comunidad (habitual: 3)"
    assert formats.kpi_phrase("days_since_last_seen", 1.2, 0.4).startswith("1 día sin actividad")
    assert formats.kpi_short("days_since_last_seen", 1.6, 0.4) == "2 días sin actividad"
