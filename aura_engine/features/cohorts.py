"""Coarse facts that cohorts are made of: age band and region, never more precise."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Final

AGE_BANDS: Final = ((12, "<13"), (15, "13-15"), (17, "16-17"), (19, "18-19"), (200, "20+"))
"""Highest completed age of each band, and its name."""

REGIONS: Final = (
    "Aguascalientes", "Baja California", "Baja California Sur", "Campeche", "Chiapas",
    "Chihuahua", "Ciudad de México", "Coahuila", "Colima", "Durango", "Estado de México",
    "Guanajuato", "Guerrero", "Hidalgo", "Jalisco", "Michoacán", "Morelos", "Nayarit",
    "Nuevo León", "Oaxaca", "Puebla", "Querétaro", "Quintana Roo", "San Luis Potosí", "Sinaloa",
    "Sonora", "Tabasco", "Tamaulipas", "Tlaxcala", "Veracruz", "Yucatán", "Zacatecas",
)  # fmt: skip
"""The states of Mexico: the only places that are kept of what people write as location."""

_OTHER_NAMES: Final = {
    "cdmx": "Ciudad de México",
    "distrito federal": "Ciudad de México",
    "edomex": "Estado de México",
    "estado de mexico": "Estado de México",
}


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


_BY_PLAIN_NAME: Final = {_plain(region): region for region in REGIONS} | _OTHER_NAMES


def age_band(birth_date: date | None, as_of: date) -> str | None:
    """Return the band of someone's completed years; None without a believable birth date."""
    if birth_date is None or birth_date > as_of:
        return None
    had_birthday = (as_of.month, as_of.day) >= (birth_date.month, birth_date.day)
    years = as_of.year - birth_date.year - (not had_birthday)
    return next((name for highest, name in AGE_BANDS if years <= highest), None)


def region(location: str | None) -> str | None:
    """Return the state named in a free-text location, read from its end; None if there is none.

    Anything else that people write there (a street, a school) is not kept.
    """
    if location is None:
        return None
    for part in reversed(location.replace(".", "").split(",")):
        found = _BY_PLAIN_NAME.get(_plain(part))
        if found is not None:
            return found
    return None
