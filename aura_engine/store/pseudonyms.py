"""Pseudonyms: random, short, easy to say, never derived from an id."""

from __future__ import annotations

import re
import secrets
from typing import Final

LETTERS: Final = "ABCDEFGHJKLMNPQRSTVWXYZ"
DIGITS: Final = "23456789"
SYMBOLS: Final = LETTERS + DIGITS
"""Without I, O, U, 0 and 1: nothing to mistake on paper or on the phone."""
_FORM: Final = re.compile(f"[{LETTERS}][{DIGITS}]-[{SYMBOLS}]{{4}}")
_BEGINNING: Final = re.compile(f"[{LETTERS}](?:[{DIGITS}](?:-[{SYMBOLS}]{{0,4}})?)?")


def _draw() -> str:
    head = secrets.choice(LETTERS) + secrets.choice(DIGITS)
    return f"{head}-{''.join(secrets.choice(SYMBOLS) for _ in range(4))}"


def draw_pseudonyms(n: int, taken: set[str]) -> list[str]:
    """Draw `n` pseudonyms such as ``K7-FQ2M``, of about 170 million, that nobody has.

    Parameters
    ----------
    n : int
        How many.
    taken : set of str
        Those in use; the drawn ones are added.
    """
    drawn: list[str] = []
    while len(drawn) < n:
        candidate = _draw()
        if candidate not in taken:
            taken.add(candidate)
            drawn.append(candidate)
    return drawn


def is_pseudonym(text: str) -> bool:
    """Tell whether a text has the form of a pseudonym."""
    return _FORM.fullmatch(text) is not None


def read_pseudonym(text: str) -> str:
    """Return what people type as a pseudonym in its form: capitals, with its hyphen."""
    plain = text.strip().upper()
    hyphenated = f"{plain[:2]}-{plain[2:]}"
    return hyphenated if is_pseudonym(hyphenated) else plain


def read_beginning(text: str) -> str | None:
    """Return what people type as the beginning of a pseudonym in its form; None if it is none."""
    plain = text.strip().upper()
    if len(plain) > 2 and plain[2] != "-":
        plain = f"{plain[:2]}-{plain[2:]}"
    return plain if _BEGINNING.fullmatch(plain) else None
