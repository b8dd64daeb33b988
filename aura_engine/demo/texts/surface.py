"""Surface of chat: what a young writer's hurry does to a correctly spelled sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from aura_engine.demo.texts.dice import Dice
from aura_engine.demo.texts.frames import read_table
from aura_engine.demo.texts.tones import Tone

SHORTENING_RATE: Final = 0.35
AS_HEARD_RATE: Final = 0.25
RESPELL_WORD_RATE: Final = 0.7
UNACCENTED_RATE: Final = 0.5
TYPO_RATE: Final = 0.09
CAPITAL_RATE: Final = 0.3

_UNACCENTED: Final = str.maketrans("áéíóúüÁÉÍÓÚÜ", "aeiouuAEIOUU")
_TYPABLE: Final = re.compile(r"(?<!\S)[a-zñáéíóú]{5,}(?!\S)")
_LAST_VOWEL: Final = re.compile(r"(?<![@\w./])([a-zñáéíóú]*[aeiouáéíóú])(\W*)$")
_LAUGHS: Final = ("jaja", "jajaja", "jajajaja", "jsjs", "JAJAJA", "ajajaj")


@dataclass(frozen=True, slots=True)
class Habits:
    """How writers in one mood decorate what they write; rates are probabilities."""

    emoji: tuple[str, ...]
    emoji_rate: float
    laugh_rate: float
    stretch_rate: float
    shout_rate: float
    endings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Respelling:
    """Words with another way to write them."""

    pattern: re.Pattern[str]
    forms: Mapping[str, list[str]]

    def apply(self, text: str, dice: Dice) -> str:
        """Return the text with most of the words it knows written the other way."""
        return self.pattern.sub(
            lambda m: dice.pick(self.forms[m[0]]) if dice.chance(RESPELL_WORD_RATE) else m[0],
            text,
        )


@cache
def load_habits(tone: Tone) -> Habits:
    """Load the habits of one tone."""
    table: dict[str, Any] = read_table("surface.toml")["tones"][tone]
    emoji, endings = tuple(table.pop("emoji")), tuple(table.pop("endings"))
    return Habits(emoji=emoji, endings=endings, **table)


@cache
def load_respelling(table: str) -> Respelling:
    """Load one table of other spellings: ``shortened`` or ``as_heard``."""
    forms = read_table("surface.toml")[table]
    longest_first = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    return Respelling(re.compile(rf"(?<![@\w./])(?:{longest_first})(?!\w)"), forms)


def roughen(sentence: str, tone: Tone, dice: Dice) -> str:
    """Write a sentence as a young person in this mood would type it.

    Parameters
    ----------
    sentence : str
        A filled frame: lower case, correctly accented.
    tone : Tone
        Whose habits of emoji, laughter and endings to follow.
    dice : Dice
        Source of choices; the same state gives the same text.
    """
    habits = load_habits(tone)
    text = sentence
    if dice.chance(SHORTENING_RATE):
        text = load_respelling("shortened").apply(text, dice)
    if dice.chance(AS_HEARD_RATE):
        text = load_respelling("as_heard").apply(text, dice)
    if dice.chance(UNACCENTED_RATE):
        text = text.translate(_UNACCENTED)
    if dice.chance(TYPO_RATE):
        text = _mistype(text, dice)
    if dice.chance(habits.stretch_rate):
        text = _stretch(text, dice)
    text = _case(text, habits, dice)
    text = _end(text, habits, dice)
    if dice.chance(habits.laugh_rate) and "jaja" not in text.lower():
        laugh = dice.pick(_LAUGHS)
        text = f"{laugh} {text}" if dice.chance(0.5) else f"{text} {laugh}"
    if dice.chance(habits.emoji_rate):
        text = f"{text} {_emoji(habits, dice)}"
    return text


def _mistype(text: str, dice: Dice) -> str:
    words = list(_TYPABLE.finditer(text))
    if not words:
        return text
    word = dice.pick(words)
    at = word.start() + 1 + dice.below(len(word[0]) - 3)
    slips = (
        text[at + 1] + text[at],
        text[at + 1],
        text[at] * 2 + text[at + 1],
    )
    return text[:at] + dice.pick(slips) + text[at + 2 :]


def _stretch(text: str, dice: Dice) -> str:
    last = _LAST_VOWEL.search(text)
    if last is None:
        return text
    return text[: last.end(1)] + text[last.end(1) - 1] * (1 + dice.below(4)) + last[2]


def _case(text: str, habits: Habits, dice: Dice) -> str:
    if dice.chance(habits.shout_rate):
        # A mention or a link written in capitals would be another one.
        return " ".join(w if w.startswith(("@", "http")) else w.upper() for w in text.split(" "))
    if dice.chance(CAPITAL_RATE):
        return text[:1].upper() + text[1:]
    return text


def _end(text: str, habits: Habits, dice: Dice) -> str:
    if text.endswith("?"):
        return text + "?" * dice.below(2) if dice.chance(0.7) else text[:-1]
    ends_in_link = "://" in text.rsplit(" ", 1)[-1]
    if text[-1].isalnum() and not ends_in_link:
        return text + dice.pick(habits.endings)
    return text


def _emoji(habits: Habits, dice: Dice) -> str:
    if dice.chance(0.25):
        return dice.pick(habits.emoji) + dice.pick(habits.emoji)
    return dice.pick(habits.emoji) * (1 + dice.below(3))
