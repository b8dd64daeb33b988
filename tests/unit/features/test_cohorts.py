from __future__ import annotations

from datetime import date

import pytest

from aura_engine.features.cohorts import REGIONS, age_band, region


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (date(2010, 3, 2), "13-15"),
        (date(2010, 3, 1), "16-17"),
        (date(2008, 3, 2), "16-17"),
        (date(2008, 3, 1), "18-19"),
        (date(2006, 3, 1), "20+"),
        (date(2013, 3, 2), "<13"),
        (date(2027, 1, 1), None),
        (date(1700, 1, 1), None),
        (None, None),
    ],
)
def test_bands_change_on_the_birthday(born: date | None, band: str | None) -> None:
    assert age_band(born, date(2026, 3, 1)) == band


@pytest.mark.parametrize(
    ("location", "state"),
    [
        ("Guadalajara, Jalisco", "Jalisco"),
        ("monterrey, NUEVO LEON", "Nuevo León"),
        ("CDMX", "Ciudad de México"),
        ("Zapopan, Jal., México", None),
        ("Calle Hidalgo 12, Oaxaca", "Oaxaca"),
        ("en mi casa", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_state_is_kept_of_a_location(location: str | None, state: str | None) -> None:
    assert region(location) == state


def test_every_state_is_recognised_as_itself() -> None:
    assert [region(name) for name in REGIONS] == list(REGIONS)
    assert len(set(REGIONS)) == 32
